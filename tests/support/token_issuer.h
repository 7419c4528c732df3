// tests/support/token_issuer.h: an authorization server for one test: bearer tokens, good and bad.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace herald::test {

/// With one key of each algorithm, made anew. RSA keys take long to make: share one.
class TokenIssuer {
public:
    TokenIssuer();
    ~TokenIssuer();
    TokenIssuer(const TokenIssuer&) = delete;
    TokenIssuer& operator=(const TokenIssuer&) = delete;

    /// `algorithm` "RS256" or "ES256" signs so; any other leaves the signature empty. `more` is
    /// further members of the header, each behind a comma.
    std::string token(std::string_view claims, const std::string& algorithm = "ES256",
                      const std::string& more = {}) const;
    /// Both public keys, the EC one with the id "ec", the RSA one with "rsa".
    std::string jwks() const;
    std::string pem() const;

    /// As in a token.
    static std::string base64url(std::string_view bytes);

private:
    struct Keys;
    std::unique_ptr<Keys> keys_;
};

}  // namespace herald::test
