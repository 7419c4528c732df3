// server/admin/policy_preview.cpp: what a watcher sees of somebody, by which rules.
#include "server/admin/policy_preview.h"

#include <map>
#include <utility>

#include "packages/winfo.h"
#include "server/core/judge.h"
#include "server/core/watcher_list.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

constexpr std::size_t kMostChanges = 100;
/// Of rules that did not match.
constexpr std::size_t kMostVerdicts = 1000;

/// A question to the rules, with all it refers to.
class Question {
public:
    Question(Context& context, const packages::Package& package, std::string_view owner,
             Identity who, const PolicyPtr& candidate)
        : who_(std::move(who)),
          account_(context.accounts.find(owner)),
          sphere_(sphere_of(context, owner)),
          facts_{.profile = package.profile(),
                 .owner = owner,
                 .owner_account = account_.get(),
                 .watcher = who_,
                 .said = context.policies.for_owner(owner),
                 .defaults = context.config.authz_defaults,
                 .now = context.wall(),
                 .sphere = {}} {
        if (sphere_) facts_.sphere = *sphere_;
        if (candidate) facts_.said = {candidate, nullptr};
    }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    Judgement judgement() const { return judge(facts_); }

    /// Entry and rules that matched, and why the others did not.
    std::vector<RuleVerdict> verdicts() const {
        std::vector<RuleVerdict> found;
        const auto& policy = facts_.said.own ? facts_.said.own : facts_.said.domain;
        if (!policy) return found;
        std::vector<std::string_view> uris;
        const auto asking = asking_of(facts_, uris);
        if (const auto* entry = policy->entry_for(asking)) {
            found.push_back(
                {std::string(pidf::name_of(entry->list)) + " " + entry->pattern, true, {}});
        }
        if (!policy->rules()) return found;
        const auto& rules = policy->rules()->rules();
        for (std::size_t i = 0; i < rules.size() && found.size() < kMostVerdicts; ++i) {
            const auto mismatch = policy->rules()->mismatch(i, asking);
            const bool matched = mismatch == Mismatch::none;
            found.push_back({"rule " + rules[i].id, matched,
                             matched ? std::string() : std::string(name_of(mismatch))});
        }
        return found;
    }

private:
    const Identity who_;
    const AccountPtr account_;
    const std::optional<std::string> sphere_;
    JudgementFacts facts_;
};

Identity identity_of(Context& context, const std::string& watcher) {
    Identity who;
    who.aor = watcher;
    who.account = context.accounts.find(watcher);
    return who;
}

/// What there is, and what of it `judgement` shows.
void show(Context& context, const PreviewOrder& order, const Judgement& judgement,
          Preview& preview) {
    const auto slot = context.resources.find(*order.package, order.aor);
    Resource nobody;
    nobody.aor = order.aor;
    nobody.package = order.package;
    nobody.installed = &context.resources.installed(*order.package);
    Resource& resource = slot == Resource::kNone ? nobody : context.resources[slot];
    preview.steps = resource.steps(context.wall());
    if (!judgement.is_active()) return;
    ViewState view(0, {.permissions = judgement.permissions});
    const auto& composed = resource.compose(view, context.wall());
    preview.type = composed.document.type;
    preview.document = composed.document.body;
    if (composed.version_at < preview.document.size())
        preview.document.insert(composed.version_at, "0");
}

bool is_same(const Judgement& a, const Judgement& b) {
    if (a.handling != b.handling) return false;
    if (!a.permissions || !b.permissions) return a.permissions == b.permissions;
    return *a.permissions == *b.permissions;
}

/// Those whose subscription the candidate would change.
std::vector<std::string> changes_by(Context& context, const PreviewOrder& order) {
    std::vector<std::string> changes;
    const auto slot = context.resources.find(*order.package, order.aor);
    if (!order.candidate || slot == Resource::kNone) return changes;
    for (const auto watcher : context.resources[slot].watchers) {
        const auto& record = context.subscriptions[watcher];
        if (!record.is_live() || changes.size() == kMostChanges) continue;
        const auto who = server::identity_of(context, record);
        const auto judged = [&](const PolicyPtr& candidate) {
            const Question question(context, *order.package, order.aor, who, candidate);
            return with_once(question.judgement(), record.once);
        };
        const auto now = judged(nullptr);
        const auto then = judged(order.candidate);
        if (is_same(now, then)) continue;
        std::string line(record.get(Part::watcher));
        line.append(": ").append(pidf::name_of(now.handling)).append(" -> ");
        changes.push_back(line.append(pidf::name_of(then.handling)));
    }
    return changes;
}

/// The entry or rules that decide, in short.
std::string deciding(const std::vector<RuleVerdict>& verdicts) {
    std::string text;
    for (const auto& verdict : verdicts) {
        if (!verdict.matched) continue;
        text.append(text.empty() ? "" : ", ").append(verdict.rule);
    }
    return text;
}

/// What was decided about subscriptions alone, by their ids.
std::map<std::uint64_t, Once> decided_alone(const Context& context,
                                            const packages::Package& package,
                                            std::string_view aor) {
    std::map<std::uint64_t, Once> decided;
    const auto slot = context.resources.find(package, aor);
    if (slot == Resource::kNone) return decided;
    for (const auto watcher : context.resources[slot].watchers) {
        const auto& record = context.subscriptions[watcher];
        if (record.once != Once::nothing) decided.emplace(record.id, record.once);
    }
    return decided;
}

WatcherInfo info_of(Context& context, const packages::Package& package, const std::string& aor,
                    const packages::Watcher& watcher, Once once) {
    const Question question(context, package, aor, identity_of(context, std::string(watcher.uri)),
                            nullptr);
    WatcherInfo info;
    info.id = std::to_string(watcher.id);
    info.package = package.profile().event;
    info.watcher = watcher.uri;
    info.status = packages::name_of(watcher.status);
    info.event = packages::name_of(watcher.event);
    if (watcher.since != base::WallTime{}) info.since = watcher.since;
    if (watcher.expires_at != base::WallTime{}) info.expires_at = watcher.expires_at;
    const auto judgement = with_once(question.judgement(), once);
    info.decided_by = name_of(judgement.decided_by);
    const bool is_by_rules = judgement.decided_by == DecidedBy::own_rules ||
                             judgement.decided_by == DecidedBy::domain_rules;
    if (is_by_rules) info.rule = deciding(question.verdicts());
    return info;
}

}  // namespace

Preview preview_of(Context& context, const PreviewOrder& order) {
    const Question question(context, *order.package, order.aor, identity_of(context, order.watcher),
                            order.candidate);
    const auto judgement = question.judgement();
    Preview preview;
    preview.resource = order.aor;
    preview.watcher = order.watcher;
    preview.package = order.package->profile().event;
    preview.decision = pidf::name_of(judgement.handling);
    preview.decided_by = name_of(judgement.decided_by);
    preview.rules = question.verdicts();
    show(context, order, judgement, preview);
    preview.changes = changes_by(context, order);
    return preview;
}

std::vector<WatcherInfo> watchers_of(Shard& shard, const std::string& aor,
                                     const WatcherQuery& query) {
    auto& context = shard.context();
    std::vector<WatcherInfo> found;
    for (const auto* package : packages::all()) {
        const auto& profile = package->profile();
        if (!query.package.empty() && query.package != profile.event) continue;
        const auto alone = decided_alone(context, *package, aor);
        for (const auto& watcher : shard.watcher_list().of(*package, aor)) {
            const auto known = alone.find(watcher.id);
            const auto once = known == alone.end() ? Once::nothing : known->second;
            const auto status = packages::name_of(watcher.status);
            if (!query.state.empty() && query.state != status) continue;
            found.push_back(info_of(context, *package, aor, watcher, once));
        }
    }
    return found;
}

}  // namespace herald::server
