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
#include "server/provisioning/device_logins.h"
#include "server/shard/agents.h"

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
    Result<bool> put(AccountOrder order) override;
    Result<Put> put_all(Batch batch) override;
    Result<AccountPage> page(const AccountQuery& query) override;
    Status remove(std::string_view aor) override;

private:
    /// With everything that it leaves out. Faults: malformed, not_found.
    Result<store::Account> completed(store::Account account) const;
    /// Whose name it would take; empty: nobody's.
    Result<std::string> namesake_of(const store::Account& account) const;
    void check(const Batch& batch, Put& put);

    /// The login of an account as it is to be, and its row.
    struct LoginStep {
        std::string aor;
        DeviceLogin login;
        std::uint64_t row = 0;  ///< 0: nothing to do
    };
    /// Finds the rows, on the shards that have them.
    Status begin(std::vector<LoginStep>& steps) const;
    void give_up(const std::vector<LoginStep>& steps) const;
    /// What became durable at once, for every shard.
    struct Made {
        std::vector<AccountPtr> accounts;
        std::vector<std::string> removed;
        std::vector<LoginStep> logins;
    };
    void learn(Shard& shard, const Made& made) const;
    /// One commit of accounts and logins, then every shard's knowledge.
    Status commit(std::vector<AccountOrder> orders, std::vector<std::string> removed) const;

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

Status ShardAccounts::begin(std::vector<LoginStep>& steps) const {
    using Rows = std::vector<std::uint64_t>;
    std::map<Shard*, std::vector<std::size_t>> by_shard;
    for (std::size_t i = 0; i < steps.size(); ++i)
        by_shard[&carrier_.owner_of(steps[i].aor)].push_back(i);
    for (const auto& [shard, indices] : by_shard) {
        std::vector<LoginStep> asked;
        for (const auto i : indices) asked.push_back(steps[i]);
        const auto rows =
            carrier_.ask<Rows>(*shard, [asked = std::move(asked)](Shard& owner, auto answer) {
                auto& logins = owner.agents().template get<DeviceLogins>();
                Rows found;
                for (const auto& step : asked) found.push_back(logins.begin(step.aor, step.login));
                answer(std::move(found));
            });
        if (!rows) {
            give_up(steps);
            return rows.fault();
        }
        for (std::size_t i = 0; i < indices.size(); ++i) steps[indices[i]].row = (*rows)[i];
    }
    return {};
}

void ShardAccounts::give_up(const std::vector<LoginStep>& steps) const {
    if (carrier_.is_closed()) return;
    for (const auto& step : steps) {
        if (step.row == 0) continue;
        auto& owner = carrier_.owner_of(step.aor);
        owner.loop().post(
            [&owner, aor = step.aor] { owner.agents().get<DeviceLogins>().give_up(aor); });
    }
}

/// On the shard's thread.
void ShardAccounts::learn(Shard& shard, const Made& made) const {
    for (const auto& account : made.accounts) shard.watcher_rights().put(account);
    for (const auto& aor : made.removed) shard.watcher_rights().remove(aor);
    for (const auto& step : made.logins) {
        const bool is_owner = step.row != 0 && &carrier_.owner_of(step.aor) == &shard;
        if (is_owner) shard.agents().get<DeviceLogins>().learn(step.aor, step.login);
    }
}

Status ShardAccounts::commit(std::vector<AccountOrder> orders,
                             std::vector<std::string> removed) const {
    std::vector<LoginStep> steps;
    for (auto& order : orders) {
        if (order.device_login)
            steps.push_back({order.account.aor, *std::move(order.device_login)});
    }
    for (const auto& aor : removed) steps.push_back({aor, {}});
    if (auto begun = begin(steps); !begun) return begun;
    store::ChangeAccounts change;
    auto made = std::make_shared<Made>();
    for (auto& order : orders) {
        made->accounts.push_back(std::make_shared<const store::Account>(order.account));
        change.accounts.emplace_back(store::PutAccount{std::move(order.account)});
    }
    for (const auto& aor : removed) change.accounts.emplace_back(store::RemoveAccount{aor});
    for (const auto& [aor, login, row] : steps) {
        if (row == 0) continue;
        if (login.username.empty()) {
            change.forgotten.push_back(row);
        } else {
            change.kept.push_back(
                DeviceLogins::row_of(aor, row, login, carrier_.first().context().wall()));
        }
    }
    made->removed = std::move(removed);
    made->logins = steps;
    auto done =
        carrier_.share(std::move(change), [this, made](Shard& each) { learn(each, *made); });
    // Else it may still come.
    const bool is_known = done || (done.fault().kind != FaultKind::timeout &&
                                   done.fault().kind != FaultKind::unknown_outcome);
    if (!done && is_known) give_up(steps);
    return done;
}

Result<bool> ShardAccounts::put(AccountOrder order) {
    auto whole = completed(std::move(order.account));
    if (!whole) return whole.fault();
    order.account = *std::move(whole);
    const auto& account = order.account;
    // Of two requests for one name at once only the first may find it free.
    const std::lock_guard lock(mutex_);
    auto namesake = namesake_of(account);
    if (!namesake) return namesake.fault();
    if (!namesake->empty()) return taken(*namesake, account);
    const bool is_new = !find(account.aor);
    auto done = commit({std::move(order)}, {});
    return done ? Result<bool>(is_new) : Result<bool>(done.fault());
}

void ShardAccounts::check(const Batch& batch, Put& put) {
    std::map<std::pair<std::string, std::string>, std::size_t> names;
    std::set<std::string> aors;
    for (std::size_t i = 0; i < batch.orders.size(); ++i) {
        const auto& account = batch.orders[i].account;
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
    for (std::size_t i = 0; i < batch.orders.size(); ++i) {
        auto& account = batch.orders[i].account;
        auto whole = completed(account);
        if (!whole) put.refused.push_back({i, whole.fault()});
        if (whole) account = *std::move(whole);
    }
    if (!put.refused.empty()) return put;
    const std::lock_guard lock(mutex_);
    check(batch, put);
    if (!put.refused.empty() || batch.is_trial) return put;
    auto done = commit(std::move(batch.orders), {});
    return done ? Result<Put>(put) : Result<Put>(done.fault());
}

bool fits(const AccountQuery& query, const store::Account& account) {
    const bool has_text = account.aor.find(query.text) != std::string::npos ||
                          account.username.find(query.text) != std::string::npos;
    return has_text && (query.domain.empty() || domain_of(account.aor) == query.domain) &&
           (query.role.empty() || name_of(account.role) == query.role);
}

/// Those that fit, the first `limit` behind `after` by AOR, and one more where there is one.
AccountPage accounts_page(const Accounts& accounts, const AccountQuery& query) {
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
        answer(accounts_page(shard.context().accounts, query));
    });
}

Status ShardAccounts::remove(std::string_view aor) {
    auto found = find(aor);
    if (!found) return found.fault();
    const std::lock_guard lock(mutex_);
    return commit({}, {found->aor});
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
