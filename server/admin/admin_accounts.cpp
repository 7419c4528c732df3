// server/admin/admin_accounts.cpp: accounts as an operator reads, sets and removes them: durable
// first, then known to every shard.
#include "server/admin/admin_accounts.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/text.h"
#include "server/admin/admin_carrier.h"
#include "server/notify/watcher_rights.h"

namespace herald::server {

namespace {

class ShardAccounts final : public AccountAdmin {
public:
    ShardAccounts(const AdminCarrier& carrier, std::string realm)
        : carrier_(carrier), realm_(std::move(realm)) {}

    Result<store::Account> find(std::string_view aor) override;
    Result<bool> put(store::Account account) override;
    Status remove(std::string_view aor) override;

private:
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

Result<bool> ShardAccounts::put(store::Account account) {
    auto canonical = carrier_.our_aor(account.aor);
    if (!canonical) return canonical.fault();
    account.aor = *std::move(canonical);
    if (account.realm.empty()) account.realm = realm_;
    if (account.username.empty())
        account.username = base::split_once(account.aor.substr(4), '@').before;
    // Of two requests for one name at once only the first may find it free.
    const std::lock_guard lock(mutex_);
    auto namesake =
        carrier_.ask<std::string>(carrier_.first(), [account](Shard& shard, auto answer) {
            answer(shard.context().accounts.namesake_of(account));
        });
    if (!namesake) return namesake.fault();
    if (!namesake->empty()) {
        return Fault{FaultKind::conflict, *namesake + " logs in with the name " + account.username +
                                              " or this address in realm " + account.realm};
    }
    const bool is_new = !find(account.aor);
    const auto shared = std::make_shared<const store::Account>(account);
    auto done = carrier_.share(store::PutAccount{std::move(account)},
                               [shared](Shard& each) { each.watcher_rights().put(shared); });
    return done ? Result<bool>(is_new) : Result<bool>(done.fault());
}

Status ShardAccounts::remove(std::string_view aor) {
    auto found = find(aor);
    if (!found) return found.fault();
    return carrier_.share(store::RemoveAccount{found->aor},
                          [aor = found->aor](Shard& each) { each.watcher_rights().remove(aor); });
}

}  // namespace

std::unique_ptr<AccountAdmin> account_admin(const AdminCarrier& carrier, std::string realm) {
    return std::make_unique<ShardAccounts>(carrier, std::move(realm));
}

}  // namespace herald::server
