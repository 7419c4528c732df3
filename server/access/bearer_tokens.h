// server/access/bearer_tokens.h: who a request comes from by the bearer token it brings (RFC 8898).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "server/access/bearer.h"
#include "server/config/config.h"
#include "sip/message.h"
#include "store/records.h"

namespace herald::server {

/// One per shard, with the keys that all share.
class BearerTokens {
public:
    /// `config` outlives it.
    explicit BearerTokens(const Config& config, std::string realm)
        : config_(config), realm_(std::move(realm)) {}

    /// The keys of tokens that come from now on; null: none are taken.
    void use(std::shared_ptr<const BearerKeys> keys) { keys_ = std::move(keys); }
    bool are_taken() const noexcept { return keys_ != nullptr; }

    /// The token of a request; empty: it brings none, or none are taken. `is_proxy`: where a proxy
    /// looks for it.
    std::string_view token_in(const sip::Message& request, bool is_proxy) const;

    struct Holder {
        std::string user;                                        ///< as the token has it
        store::Account::Role role = store::Account::Role::user;  ///< the most its scopes allow
    };
    /// Faults: as read_bearer(); not_acceptable: it has none of the scopes that count.
    Result<Holder> holder_of(std::string_view token, base::WallTime now) const;

    /// The challenge, ended by CRLF (RFC 8898 2.1); `error` as in RFC 6750 3.1, empty: none.
    std::string challenge(bool is_proxy, std::string_view error) const;

private:
    const Config& config_;
    const std::string realm_;
    std::shared_ptr<const BearerKeys> keys_;
};

}  // namespace herald::server
