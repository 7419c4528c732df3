// server/access/authorize.cpp: who may see and who may publish: the fixed table, as pure functions.
#include "server/access/authorize.h"

#include <algorithm>

#include "server/address/domains.h"

namespace herald::server {

namespace {

using Role = store::Account::Role;

bool has_role(const Identity& who, Role role) {
    return who.account && who.account->role == role;
}

bool is_delegate(std::string_view package, const store::Account* owner, const Identity& who) {
    if (!owner) return false;
    return std::any_of(owner->delegates.begin(), owner->delegates.end(),
                       [&](const auto& delegation) {
                           return delegation.aor == who.aor &&
                                  (delegation.package == "*" || delegation.package == package);
                       });
}

bool lists_package(const store::Account& account, std::string_view package) {
    return std::any_of(account.packages.begin(), account.packages.end(),
                       [&](const auto& listed) { return listed == "*" || listed == package; });
}

bool lists_resource(const store::Account& account, std::string_view aor) {
    return std::any_of(account.resources.begin(), account.resources.end(), [&](const auto& listed) {
        return listed == aor || listed == "*" ||
               (listed.starts_with("*@") && std::string_view(listed).substr(2) == domain_of(aor));
    });
}

bool is_monitor(const packages::Profile& profile, std::string_view owner, const Identity& who) {
    return profile.access == packages::Access::same_domain && has_role(who, Role::monitor) &&
           domain_of(who.aor) == domain_of(owner);
}

/// Whether somebody may change state of a resource that is not the sender's own.
bool may_change_for(std::string_view package, std::string_view owner,
                    const store::Account* owner_account, const Identity& sender) {
    if (sender.is_open || sender.is_trusted_peer) return true;
    if (sender.aor.empty()) return false;
    if (has_role(sender, Role::admin)) return true;
    if (is_delegate(package, owner_account, sender)) return true;
    return sender.account && publishes_for(*sender.account, package, owner);
}

}  // namespace

SubHandling sub_handling(const packages::Profile& profile, std::string_view owner,
                         const store::Account* owner_account, const Identity& watcher) {
    if (!watcher.aor.empty() && watcher.aor == owner) return SubHandling::allow;
    if (has_role(watcher, Role::admin)) return SubHandling::allow;
    if (is_delegate(profile.event, owner_account, watcher)) return SubHandling::allow;
    if (is_monitor(profile, owner, watcher)) return SubHandling::allow;
    if (profile.access == packages::Access::owner) return SubHandling::block;
    const bool is_same_domain = !watcher.aor.empty() && domain_of(watcher.aor) == domain_of(owner);
    return is_same_domain ? SubHandling::allow : SubHandling::confirm;
}

bool may_publish(const packages::Profile& profile, std::string_view owner,
                 const store::Account* owner_account, const Identity& sender) {
    if (!sender.aor.empty() && sender.aor == owner && profile.is_published_by_owner) return true;
    return may_change_for(profile.event, owner, owner_account, sender);
}

bool may_register(std::string_view owner, const store::Account* owner_account,
                  const Identity& sender) {
    if (!sender.aor.empty() && sender.aor == owner) return true;
    return may_change_for(packages::registrations().profile().event, owner, owner_account, sender);
}

bool publishes_for(const store::Account& account, std::string_view package,
                   std::string_view owner) {
    return account.role == Role::publisher && lists_package(account, package) &&
           lists_resource(account, owner);
}

bool is_publisher(const Identity& sender) {
    return sender.is_trusted_peer || has_role(sender, Role::publisher);
}

}  // namespace herald::server
