// server/access/authorize.cpp: who may see and who may publish, as pure functions.
#include "server/access/authorize.h"

#include <algorithm>

#include "packages/winfo.h"
#include "server/address/domains.h"

namespace herald::server {

namespace {

bool has_role(const Identity& who, store::Account::Role role) {
    return who.account && who.account->role == role;
}

/// A delegate for a package may also see who watches it.
bool is_delegate(std::string_view event, const store::Account* owner, const Identity& who) {
    if (!owner) return false;
    const auto package = packages::watched_package(event);
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
    return profile.access == packages::Access::same_domain &&
           has_role(who, store::Account::Role::monitor) && domain_of(who.aor) == domain_of(owner);
}

/// Who watches is for the owner alone to see; no rule says otherwise.
bool is_about_watchers(const packages::Profile& profile) noexcept {
    return !profile.watchers_of.empty();
}

/// The relation of a watcher to the owner goes before all rules.
std::optional<Judgement> by_relation(const JudgementFacts& facts) {
    const auto everything = [](DecidedBy by) { return Judgement{SubHandling::allow, nullptr, by}; };
    const auto& who = facts.watcher;
    if (!who.aor.empty() && who.aor == facts.owner) return everything(DecidedBy::owner);
    if (facts.profile.access == packages::Access::owner_alone)
        return Judgement{SubHandling::block, nullptr, DecidedBy::package};
    if (has_role(who, store::Account::Role::admin)) return everything(DecidedBy::admin);
    if (is_delegate(facts.profile.event, facts.owner_account, who))
        return everything(DecidedBy::delegation);
    if (is_monitor(facts.profile, facts.owner, who)) return everything(DecidedBy::monitor);
    return std::nullopt;
}

PermissionsPtr offline_view() {
    static const auto kOffline = [] {
        pidf::Permissions fabricated;
        fabricated.is_fabricated = true;
        return std::make_shared<const pidf::Permissions>(std::move(fabricated));
    }();
    return kOffline;
}

/// What of a grant counts for the package; null where it is everything.
PermissionsPtr permissions_for(packages::Withheld withheld, const pidf::Permissions& granted) {
    auto kept = pidf::all_permissions();
    if (withheld == packages::Withheld::call_details) kept.dialog_view = granted.dialog_view;
    if (withheld == packages::Withheld::attributes) {
        kept = granted;
        kept.dialog_view = pidf::DialogView::full;
        if (kept.has_all_attributes) {
            kept.attributes = 0;
            kept.unknown.clear();
            kept.user_input = pidf::UserInput::full;
        }
    }
    if (kept == pidf::all_permissions()) return nullptr;
    return std::make_shared<const pidf::Permissions>(std::move(kept));
}

/// nullopt: nobody says anything about this watcher.
std::optional<Judgement> by_rules(const JudgementFacts& facts) {
    const auto& policy = facts.said.own ? facts.said.own : facts.said.domain;
    if (!policy) return std::nullopt;
    std::vector<std::string_view> uris;
    const auto asking = asking_of(facts, uris);
    const auto grant = policy->grant(asking);
    if (!grant.handling) return std::nullopt;
    Judgement judgement{*grant.handling, nullptr,
                        facts.said.own ? DecidedBy::own_rules : DecidedBy::domain_rules};
    if (judgement.handling == SubHandling::polite_block) {
        judgement.permissions = offline_view();
    } else if (judgement.handling == SubHandling::allow) {
        judgement.permissions = permissions_for(facts.profile.withheld, grant.permissions);
    }
    return judgement;
}

const AuthorizationDefault* setting_for(const JudgementFacts& facts) {
    const auto domain = domain_of(facts.owner);
    const AuthorizationDefault* found = nullptr;
    for (const auto& each : facts.defaults) {
        if (each.package != facts.profile.event) continue;
        if (each.domain == domain) return &each;
        if (each.domain == "*") found = &each;
    }
    return found;
}

bool is_for_owners(packages::Access access) noexcept {
    return access == packages::Access::owner || access == packages::Access::enrolled;
}

/// An owner who has rules keeps everybody else waiting. Rules that cannot be read may have been a
/// refusal.
Judgement by_default(const JudgementFacts& facts) {
    const bool is_unreadable = (facts.said.own && facts.said.own->is_unreadable()) ||
                               (facts.said.domain && facts.said.domain->is_unreadable());
    const bool has_rules = facts.said.own != nullptr || is_unreadable;
    Judgement judgement;
    const auto domain = domain_of(facts.watcher.aor);
    const bool is_same_domain = !facts.watcher.aor.empty() && domain == domain_of(facts.owner);
    if (const auto* setting = setting_for(facts)) {
        judgement = {setting->handling, nullptr, DecidedBy::setting};
    } else if (facts.profile.access == packages::Access::enrolled && !facts.owner_account) {
        return {SubHandling::allow, nullptr, DecidedBy::package};
    } else if (is_for_owners(facts.profile.access)) {
        // Without authentication everybody is who he says he is.
        const auto handling = facts.watcher.is_open ? SubHandling::allow : SubHandling::block;
        return {handling, nullptr, DecidedBy::package};
    } else if (is_same_domain && !has_rules) {
        judgement.handling = SubHandling::allow;
    } else {
        judgement.handling = SubHandling::confirm;
    }
    if (is_unreadable) {
        judgement.handling = std::min(judgement.handling, SubHandling::confirm);
        judgement.decided_by = DecidedBy::unreadable_rules;
    }
    if (judgement.handling == SubHandling::polite_block) judgement.permissions = offline_view();
    return judgement;
}

/// Whether somebody may change state of a resource that is not the sender's own.
bool may_change_for(std::string_view package, std::string_view owner,
                    const store::Account* owner_account, const Identity& sender) {
    if (sender.is_open || sender.is_trusted_peer) return true;
    if (sender.aor.empty()) return false;
    if (has_role(sender, store::Account::Role::admin)) return true;
    if (is_delegate(package, owner_account, sender)) return true;
    return sender.account && publishes_for(*sender.account, package, owner);
}

}  // namespace

std::string_view name_of(DecidedBy decided) noexcept {
    constexpr std::string_view kNames[] = {
        "owner",         "admin",   "delegation",   "monitor",
        "package",       "rules",   "domain rules", "unreadable rules",
        "authz.default", "default", "once"};
    return kNames[static_cast<std::size_t>(decided)];
}

Asking asking_of(const JudgementFacts& facts, std::vector<std::string_view>& uris) {
    if (!facts.watcher.aor.empty()) uris.push_back(facts.watcher.aor);
    // Rules are about the package itself, whatever the parameter that tells its uses apart.
    const auto package = packages::watched_package(facts.profile.event);
    return {uris, package.substr(0, package.find(';')), facts.now, facts.sphere};
}

Judgement judge(const JudgementFacts& facts) {
    if (const auto known = by_relation(facts)) return *known;
    if (is_about_watchers(facts.profile)) return {SubHandling::block, nullptr, DecidedBy::package};
    if (const auto said = by_rules(facts)) return *said;
    return by_default(facts);
}

Judgement decided_alone(SubHandling handling) {
    return {handling, handling == SubHandling::polite_block ? offline_view() : nullptr,
            DecidedBy::once};
}

SubHandling sub_handling(const packages::Profile& profile, std::string_view owner,
                         const store::Account* owner_account, const Identity& watcher) {
    return judge({.profile = profile,
                  .owner = owner,
                  .owner_account = owner_account,
                  .watcher = watcher,
                  .said = {},
                  .defaults = {},
                  .sphere = {}})
        .handling;
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
    return account.role == store::Account::Role::publisher && lists_package(account, package) &&
           lists_resource(account, owner);
}

bool is_publisher(const Identity& sender) {
    return sender.is_trusted_peer || has_role(sender, store::Account::Role::publisher);
}

}  // namespace herald::server
