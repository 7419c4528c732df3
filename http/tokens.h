// http/tokens.h: bearer tokens (RFC 6750): who holds one may read, write, or administer. Only
// hashes are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/reach.h"
#include "server/config/config.h"

namespace herald::http {

/// What a request needs and a token gives; each includes those before it.
enum class Role : std::uint8_t { open, read, write, admin };
std::string_view name_of(Role role) noexcept;
std::optional<Role> role_of(std::string_view name) noexcept;

/// As the store keeps one: role and limit in one text. The role is empty where it was revoked.
server::HttpToken token_of_row(const store::Token& row);
store::Token row_of_token(const server::HttpToken& token);

/// Lower-case hex of the SHA-256 of `bytes`.
std::string sha256_hex(std::string_view bytes);

/// The tokens that are good. Immutable: any thread.
class Tokens {
public:
    /// Rows with an unknown role are dropped.
    explicit Tokens(const std::vector<server::HttpToken>& rows);

    /// The role of the holder of `token`; nullopt for a stranger. Compares hashes, in time that
    /// does not depend on them.
    std::optional<Role> role_of_holder(std::string_view token) const;
    /// What that token is called; empty for a stranger.
    std::string name_of_holder(std::string_view token) const;
    /// Whom it is good for.
    Reach reach_of_holder(std::string_view token) const;

private:
    struct Known {
        std::string sha256_hex;
        Role role;
        std::string name;
        Reach reach;
    };
    const Known* find(std::string_view token) const;
    std::vector<Known> known_;
};

/// A token that is in a file of its own. Faults: io, forbidden, malformed, as ensure_token().
Result<std::string> token_in(const std::string& path);

/// The token of an Authorization value ("Bearer x", the scheme in any case); empty where there is
/// none.
std::string_view bearer_token(std::string_view authorization) noexcept;

/// A new one, of 256 random bits.
std::string random_bearer_token();

struct EnsuredToken {
    std::string text;        ///< only where it is new: to be shown once
    std::string sha256_hex;  ///< empty where there is no file and `existing` made one needless
};

/// Makes sure that there is a token at the first start: reads the one in `path`, or, without a file
/// and without `existing` hashes, makes one of 256 random bits in a new file only its owner can
/// read. Missing folders are made. Faults: io (said with the path), forbidden where others can read
/// the file, malformed where no token is in it. An empty path: no file is wanted.
Result<EnsuredToken> ensure_token(const std::string& path,
                                  const std::vector<std::string>& existing);

}  // namespace herald::http
