// server/admin/admin_accounts.cpp: accounts as an operator reads, sets and removes them: durable
// first, then known to every shard.
#include "server/admin/admin_accounts.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "server/admin/admin_carrier.h"
#include "server/admin/admin_page.h"
#include "server/notify/watcher_rights.h"

namespace herald::server {

namespace {

Fault taken(const std::string& by, const store::Account& account) {
    return Fault{FaultKind::conflict, by + " logs in with the name " + account.username +
                                          " or this address in realm " + account.realm};
}

class ShardAccounts final : public AccountAdmin {
public:
    ShardAccounts(const AdminCarrier& carrier, std::string realm)
        : carrier_(carrier), realm_(std::move(realm)) {}

    Result<store::Account> find(std::string_view aor) override;
    Result<bool> put(store::Account account) override;
    Result<Put> put_all(Batch batch) override;
    Result<AccountPage> page(const AccountQuery& query) override;
    Status remove(std::string_view aor) override;

private:
    /// With everything that it leaves out. Faults: malformed, not_found.
    Result<store::Account> completed(store::Account account) const;
    /// Whose name it would take; empty: nobody's.
    Result<std::string> namesake_of(const store::Account& account) const;
    Status learn(store::Account account) const;
    void check(const Batch& batch, Put& put);

    const AdminCarrier& carrier_;
    std::string realm_;
    std::mutex mutex_;  ///< one account is made after the other; held by threads of HTTP only
};

Result<store::Account> ShardAccounts::find(std::string_view aor) {
    auto canonical = carrier_.our_aor(aor);
    if (!canonical) return canonical.fault();
    return carrier_.ask<store::Account>(
        carrier_.first(), [aor = *canonical](Shard& shard, auto answer) {
            const auto account = shard.context().accounts.find(aor);
            if (!account) return answer(Fault{FaultKind::not_found, "There is no account " + aor});
            answer(*account);
        });
}

Result<store::Account> ShardAccounts::completed(store::Account account) const {
    auto canonical = carrier_.our_aor(account.aor);
    if (!canonical) return canonical.fault();
    account.aor = *std::move(canonical);
    if (account.realm.empty()) account.realm = realm_;
    if (account.username.empty())
        account.username = base::split_once(account.aor.substr(4), '@').before;
    return account;
}

Result<std::string> ShardAccounts::namesake_of(const store::Account& account) const {
    return carrier_.ask<std::string>(carrier_.first(), [account](Shard& shard, auto answer) {
        answer(shard.context().accounts.namesake_of(account));
    });
}

Status ShardAccounts::learn(store::Account account) const {
    const auto shared = std::make_shared<const store::Account>(account);
    return carrier_.share(store::PutAccount{std::move(account)},
                          [shared](Shard& each) { each.watcher_rights().put(shared); });
}

Result<bool> ShardAccounts::put(store::Account given) {
    auto whole = completed(std::move(given));
    if (!whole) return whole.fault();
    auto& account = *whole;
    // Of two requests for one name at once only the first may find it free.
    const std::lock_guard lock(mutex_);
    auto namesake = namesake_of(account);
    if (!namesake) return namesake.fault();
    if (!namesake->empty()) return taken(*namesake, account);
    const bool is_new = !find(account.aor);
    auto done = learn(std::move(account));
    return done ? Result<bool>(is_new) : Result<bool>(done.fault());
}

void ShardAccounts::check(const Batch& batch, Put& put) {
    std::map<std::pair<std::string, std::string>, std::size_t> names;
    std::set<std::string> aors;
    for (std::size_t i = 0; i < batch.accounts.size(); ++i) {
        const auto& account = batch.accounts[i];
        const auto refuse = [&](Fault fault) { put.refused.push_back({i, std::move(fault)}); };
        if (!aors.insert(account.aor).second) {
            refuse({FaultKind::conflict, account.aor + " stands here twice"});
            continue;
        }
        if (!names.emplace(std::pair(account.username, account.realm), i).second) {
            refuse(
                {FaultKind::conflict, "the username " + account.username + " stands here twice"});
            continue;
        }
        const auto namesake = namesake_of(account);
        if (!namesake || !namesake->empty()) {
            refuse(namesake ? taken(*namesake, account) : namesake.fault());
            continue;
        }
        const bool is_there = find(account.aor).has_value();
        if (is_there && !batch.may_replace)
            refuse({FaultKind::conflict, "There is an account " + account.aor + " already"});
        ++(is_there ? put.replaced : put.added);
    }
}

Result<AccountAdmin::Put> ShardAccounts::put_all(Batch batch) {
    Put put;
    for (std::size_t i = 0; i < batch.accounts.size(); ++i) {
        auto whole = completed(batch.accounts[i]);
        if (!whole) put.refused.push_back({i, whole.fault()});
        if (whole) batch.accounts[i] = *std::move(whole);
    }
    if (!put.refused.empty()) return put;
    const std::lock_guard lock(mutex_);
    check(batch, put);
    if (!put.refused.empty() || batch.is_trial) return put;
    for (auto& account : batch.accounts) {
        if (auto done = learn(std::move(account)); !done) return done.fault();
    }
    return put;
}

bool fits(const AccountQuery& query, const store::Account& account) {
    const bool has_text = account.aor.find(query.text) != std::string::npos ||
                          account.username.find(query.text) != std::string::npos;
    return has_text && (query.domain.empty() || domain_of(account.aor) == query.domain) &&
           (query.role.empty() || name_of(account.role) == query.role);
}

/// Those that fit, the first `limit` behind `after` by AOR, and one more where there is one.
AccountPage page_of(const Accounts& accounts, const AccountQuery& query) {
    AccountPage page;
    std::vector<const store::Account*> found;
    accounts.for_each([&](const store::Account& account) {
        if (!fits(query, account)) return;
        ++page.total;
        if (account.aor > query.after) found.push_back(&account);
    });
    const auto count = std::min(page_size(query.limit), found.size());
    const auto end = found.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(found.begin(), end, found.end(),
                      [](const auto* a, const auto* b) { return a->aor < b->aor; });
    for (auto it = found.begin(); it != end; ++it) page.rows.push_back(**it);
    if (count < found.size()) page.next = page.rows.back().aor;
    return page;
}

Result<AccountPage> ShardAccounts::page(const AccountQuery& query) {
    return carrier_.ask<AccountPage>(carrier_.first(), [query](Shard& shard, auto answer) {
        answer(page_of(shard.context().accounts, query));
    });
}

Status ShardAccounts::remove(std::string_view aor) {
    auto found = find(aor);
    if (!found) return found.fault();
    return carrier_.share(store::RemoveAccount{found->aor},
                          [aor = found->aor](Shard& each) { each.watcher_rights().remove(aor); });
}

}  // namespace

std::string_view name_of(store::Account::Role role) noexcept {
    static constexpr std::string_view kNames[] = {"user", "publisher", "monitor", "admin"};
    return kNames[static_cast<std::size_t>(role)];
}

std::unique_ptr<AccountAdmin> account_admin(const AdminCarrier& carrier, std::string realm) {
    return std::make_unique<ShardAccounts>(carrier, std::move(realm));
}

}  // namespace herald::server
