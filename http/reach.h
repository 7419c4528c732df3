// http/reach.h: whom a token is good for, and what it can be used for where that is not everybody.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace herald::server {
class AliasAdmin;
}

namespace herald::http {

/// Whom a token is good for: everybody, those of a domain, or one user.
class Reach {
public:
    Reach() = default;
    /// A canonical AOR or a domain; empty: everybody.
    explicit Reach(std::string limit) : limit_(std::move(limit)) {}

    bool is_everybody() const noexcept { return limit_.empty(); }
    /// `whose`: a canonical AOR, or a domain; empty: the server's own.
    bool covers(std::string_view whose) const noexcept;
    const std::string& limit() const noexcept { return limit_; }

private:
    std::string limit_;
};

/// What requests to this pattern are held to where a token is good for some only: the {...} of the
/// pattern or the query parameter of this name; "reach": their handlers see to it. Empty: there is
/// nothing here for such a token.
std::string_view limited_by(std::string_view pattern) noexcept;

/// Whether the address-of-record `aor`, which a token is good for, stands for somebody it is not
/// good for. Waits for a shard. Faults: forbidden, unavailable.
Status check_alias(const Reach& reach, const std::string& aor, server::AliasAdmin& aliases);

}  // namespace herald::http
