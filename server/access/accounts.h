// server/access/accounts.h: the accounts, as one shard holds them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/text_map.h"
#include "server/access/identity.h"
#include "sip/digest.h"

namespace herald::server {

/// All accounts by AOR and by digest username. Filled at recovery, changed after each commit. One
/// per shard.
class Accounts {
public:
    Accounts() = default;
    /// Also finds them by their names as hashed with these.
    explicit Accounts(std::vector<sip::DigestAlgorithm> hashes) : hashes_(std::move(hashes)) {}

    void put(AccountPtr account);
    void remove(std::string_view aor);
    AccountPtr find(std::string_view aor) const;
    /// Digest usernames: the plain name within `realm`, the AOR, or user@host.
    AccountPtr by_username(std::string_view username, std::string_view realm) const;
    /// By sip::digest_userhash() of its plain name.
    AccountPtr by_userhash(std::string_view hash, std::string_view realm) const;
    /// The AOR of another account that somebody who logs in with a name of `account` may mean;
    /// empty for none.
    std::string namesake_of(const store::Account& account) const;
    std::size_t size() const noexcept { return by_aor_.size(); }
    /// In no order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [aor, account] : by_aor_) visit(*account);
    }

private:
    using Table = base::TextMap<AccountPtr>;

    std::uint64_t key_of(std::string_view userhash) const {
        return base::keyed_hash(key_, userhash);
    }

    Table by_aor_;
    Table by_username_;  ///< username + '\n' + realm
    std::vector<sip::DigestAlgorithm> hashes_;
    base::HashKey key_ = base::random_key();
    std::unordered_map<std::uint64_t, AccountPtr> by_userhash_;
};

}  // namespace herald::server
