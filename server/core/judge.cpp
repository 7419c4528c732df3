// server/core/judge.cpp: what a watcher may have of a resource of this shard, as of now.
#include "server/core/judge.h"

#include <vector>

#include "packages/package.h"

namespace herald::server {

namespace {

bool asks_for_sphere(const Policies::Said& said) noexcept {
    const auto& policy = said.own ? said.own : said.domain;
    return policy && policy->rules() && policy->rules()->asks_for_sphere();
}

}  // namespace

std::optional<std::string> sphere_of(const Context& context, std::string_view owner) {
    const auto& package = packages::ruled_by_default();
    const auto slot = context.resources.find(package, owner);
    if (slot == Resource::kNone) return std::nullopt;
    std::vector<const packages::Admitted*> documents;
    for (const auto& publication : context.resources[slot].publications) {
        if (publication.document) documents.push_back(publication.document.get());
    }
    return package.sphere(documents);
}

Judgement judge(const Context& context, const packages::Package& package, std::string_view owner,
                const Identity& watcher) {
    const auto account = context.accounts.find(owner);
    JudgementFacts facts{.profile = package.profile(),
                         .owner = owner,
                         .owner_account = account.get(),
                         .watcher = watcher,
                         .said = context.policies.for_owner(owner),
                         .defaults = context.config.authz_defaults,
                         .now = context.wall(),
                         .sphere = {}};
    if (!asks_for_sphere(facts.said)) return judge(facts);
    const auto sphere = sphere_of(context, owner);
    if (sphere) facts.sphere = *sphere;
    return judge(facts);
}

Judgement with_once(Judgement judgement, Once once) {
    const bool is_open = judgement.handling == SubHandling::confirm &&
                         judgement.decided_by != DecidedBy::unreadable_rules;
    if (once == Once::nothing || !is_open) return judgement;
    return decided_alone(once == Once::allow ? SubHandling::allow : SubHandling::polite_block);
}

Judgement judge(const Context& context, const Subscription& record) {
    const auto& resource = context.resources[record.resource];
    return with_once(judge(context, *resource.package, resource.aor, identity_of(context, record)),
                     record.once);
}

Identity identity_of(const Context& context, const Subscription& record) {
    Identity who;
    who.aor = record.get(PackedText::Part::watcher);
    who.account = context.accounts.find(who.aor);
    who.is_open = context.config.auth != AuthMode::digest;
    who.is_trusted_peer = context.authenticator.is_trusted(record.flow);
    return who;
}

}  // namespace herald::server
