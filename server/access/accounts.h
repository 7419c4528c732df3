// server/access/accounts.h: the accounts, as one shard holds them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text.h"
#include "server/access/identity.h"
#include "sip/digest.h"

namespace herald::server {

/// All accounts by AOR and by digest username. Filled at recovery, changed after each commit. One
/// per shard.
class Accounts {
public:
    void put(AccountPtr account);
    void remove(std::string_view aor);
    AccountPtr find(std::string_view aor) const;
    /// Digest usernames: the plain name within `realm`, the AOR, or user@host.
    AccountPtr by_username(std::string_view username, std::string_view realm) const;
    /// RFC 7616 3.4.4: `hash` is H(username:realm) in one of our algorithms.
    AccountPtr by_userhash(std::string_view hash) const;
    std::size_t size() const noexcept { return by_aor_.size(); }

private:
    using Table = std::unordered_map<std::string, AccountPtr, base::TextHash, std::equal_to<>>;

    Table by_aor_;
    Table by_userhash_;
    Table by_username_;  ///< username + '\n' + realm
};

}  // namespace herald::server
