// server/access/bearer.h: bearer tokens of SIP (RFC 8898): signed JSON (RFC 7519) that an
// authorization server gave to a user.
//
//   base64url(header) "." base64url(claims) "." base64url(signature of what stands before)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace herald::server {

/// Public keys of whoever signs tokens, as they were read: never changes, any thread.
class BearerKeys {
public:
    /// Reads a JWKS file (RFC 7517) or PEM: public keys or certificates. RSA of 2048 bits or more
    /// is for RS256, P-256 for ES256 (RFC 7518 3.3, 3.4); a JWKS may hold others, which count for
    /// nothing. Faults: invalid_configuration, which names the file and what is wrong.
    static Result<std::shared_ptr<const BearerKeys>> load(const std::string& file);
    /// The same of text. `name` is for the Fault.
    static Result<std::shared_ptr<const BearerKeys>> read(std::string_view text,
                                                          const std::string& name);
    ~BearerKeys();

    enum class Algorithm : std::uint8_t { rs256, es256 };
    /// Whether a key of that algorithm made `signature` (as in a token, decoded) of `text`. A key
    /// that has an id is asked only where `id` is empty or the same.
    bool verify(Algorithm algorithm, std::string_view id, std::string_view text,
                std::string_view signature) const;

private:
    struct Key;
    BearerKeys();
    std::vector<Key> keys_;
};

/// What a token must say.
struct BearerRules {
    std::string_view issuer, audience;
    std::string_view claim = "sub";  ///< names the user
    std::uint32_t clock_skew = 30;   ///< seconds
    base::WallTime now{};
};

/// What a good token says.
struct BearerClaims {
    std::string user;
    std::vector<std::string> scopes;
};

/// Reads a token and checks all of it: signature, then iss, aud, exp, nbf. Without exp it is good
/// for nothing. Faults: malformed (no token, or one no key of ours signed), forbidden (signed, but
/// at another time, for somebody else, or of nobody).
Result<BearerClaims> read_bearer(std::string_view token, const BearerKeys& keys,
                                 const BearerRules& rules);

}  // namespace herald::server
