// server/admin/policy_preview.cpp: what a watcher sees of somebody, by which rules.
#include "server/admin/policy_preview.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "packages/winfo.h"
#include "server/core/judge.h"
#include "server/core/slices.h"
#include "server/core/watcher_list.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

constexpr std::size_t kMostChanges = 100;
/// Of rules that did not match.
constexpr std::size_t kMostVerdicts = 1000;
/// Rules named as those that decide.
constexpr std::size_t kMostDeciding = 20;

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

    /// Entry and rules that matched, in short.
    std::string deciding() const {
        std::string text;
        const auto& policy = facts_.said.own ? facts_.said.own : facts_.said.domain;
        if (!policy) return text;
        std::vector<std::string_view> uris;
        const auto asking = asking_of(facts_, uris);
        if (const auto* entry = policy->entry_for(asking))
            text.append(pidf::name_of(entry->list)).append(" ").append(entry->pattern);
        if (!policy->rules()) return text;
        std::size_t named = 0;
        for (const auto rule : policy->rules()->grant(asking).rules) {
            if (++named > kMostDeciding) return text.append(", ...");
            text.append(text.empty() ? "rule " : ", rule ")
                .append(policy->rules()->rules()[rule].id);
        }
        return text;
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

/// Whom a candidate would show something else, found in slices: they may be many, and each is
/// judged twice.
struct Comparison {
    Context& context;
    const PreviewOrder order;
    Preview preview;
    std::size_t left;
    base::Task<void(Preview)> done;

    void look(SubscriptionTable::Id id) {
        if (const auto* record = context.subscriptions.find(id); record && record->is_live())
            compare(*record);
        if (--left == 0) done(std::move(preview));
    }

private:
    void compare(const Subscription& record) {
        if (preview.changes.size() == kMostChanges) return;
        const auto now = server::judge(context, record);
        const Question question(context, *order.package, order.aor,
                                server::identity_of(context, record), order.candidate);
        const auto then = with_once(question.judgement(), record.once);
        if (is_same(now, then)) return;
        std::string line(record.get(Part::watcher));
        line.append(": ").append(pidf::name_of(now.handling)).append(" -> ");
        preview.changes.push_back(line.append(pidf::name_of(then.handling)));
    }
};

/// Of a resource.
std::vector<SubscriptionTable::Id> watchers_by_id(const Context& context,
                                                  const PreviewOrder& order) {
    std::vector<SubscriptionTable::Id> ids;
    const auto slot = context.resources.find(*order.package, order.aor);
    if (slot == Resource::kNone) return ids;
    for (const auto watcher : context.resources[slot].watchers)
        ids.push_back(context.subscriptions.id_of(watcher));
    return ids;
}

/// A watcher, and what he watches.
struct PreviewRow {
    const packages::Package* package;
    packages::Watcher watcher;
    std::string uri;  ///< what the watcher's refers to may be gone soon
};

/// All that match, by id.
std::vector<PreviewRow> rows_of(const Shard& shard, const std::string& aor,
                                const WatcherQuery& query) {
    const auto fits = [](const std::string& wanted, std::string_view given) {
        return wanted.empty() || wanted == given;
    };
    std::vector<PreviewRow> rows;
    for (const auto* package : packages::all()) {
        if (!fits(query.package, package->profile().event)) continue;
        for (const auto& watcher : shard.watcher_list().of(*package, aor)) {
            if (fits(query.state, packages::name_of(watcher.status)))
                rows.push_back({package, watcher, std::string(watcher.uri)});
        }
    }
    std::sort(rows.begin(), rows.end(),
              [](const PreviewRow& a, const PreviewRow& b) { return a.watcher.id < b.watcher.id; });
    return rows;
}

/// What was decided about subscriptions to his resources alone, by their ids.
std::map<std::uint64_t, Once> decided_alone(const Context& context, std::string_view aor) {
    std::map<std::uint64_t, Once> decided;
    for (const auto* package : packages::all()) {
        const auto slot = context.resources.find(*package, aor);
        if (slot == Resource::kNone) continue;
        for (const auto watcher : context.resources[slot].watchers) {
            const auto& record = context.subscriptions[watcher];
            if (record.once != Once::nothing)
                decided.emplace(store::counter_of(record.id), record.once);
        }
    }
    return decided;
}

WatcherInfo watcher_info(Context& context, const std::string& aor, const PreviewRow& row,
                         Once once) {
    const auto& watcher = row.watcher;
    const Question question(context, *row.package, aor, identity_of(context, row.uri), nullptr);
    WatcherInfo info;
    info.id = std::to_string(watcher.id);
    info.package = row.package->profile().event;
    info.watcher = row.uri;
    info.status = packages::name_of(watcher.status);
    info.event = packages::name_of(watcher.event);
    if (watcher.since != base::WallTime{}) info.since = watcher.since;
    if (watcher.expires_at != base::WallTime{}) info.expires_at = watcher.expires_at;
    const auto judgement = with_once(question.judgement(), once);
    info.decided_by = name_of(judgement.decided_by);
    const bool is_by_rules = judgement.decided_by == DecidedBy::own_rules ||
                             judgement.decided_by == DecidedBy::domain_rules;
    if (is_by_rules) info.rule = question.deciding();
    return info;
}

/// A page, of which some rows are told already.
struct Listing {
    Context& context;
    const std::string aor;
    const std::vector<PreviewRow> rows;
    const std::map<std::uint64_t, Once> alone;
    WatcherPage page;
    std::size_t left;
    base::Task<void(WatcherPage)> done;

    void fill(std::size_t place) {
        const auto once = alone.find(rows[place].watcher.id);
        page.rows[place] = watcher_info(context, aor, rows[place],
                                        once == alone.end() ? Once::nothing : once->second);
        if (--left == 0) done(std::move(page));
    }
};

}  // namespace

void preview_of(Context& context, PreviewOrder order, base::Task<void(Preview)> done) {
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
    auto ids =
        order.candidate ? watchers_by_id(context, order) : std::vector<SubscriptionTable::Id>();
    if (ids.empty()) return done(std::move(preview));
    const auto comparison = std::make_shared<Comparison>(
        Comparison{context, std::move(order), std::move(preview), ids.size(), std::move(done)});
    in_slices(context.loop, std::move(ids), [comparison](auto id) { comparison->look(id); });
}

void watchers_of(Shard& shard, const std::string& aor, const WatcherQuery& query, RowRange range,
                 base::Task<void(WatcherPage)> done) {
    auto rows = rows_of(shard, aor, query);
    WatcherPage page;
    page.total = rows.size();
    std::erase_if(rows, [&](const PreviewRow& row) { return row.watcher.id <= range.after; });
    if (rows.size() > range.limit) {
        rows.resize(range.limit);
        page.next = std::to_string(rows.back().watcher.id);
    }
    if (rows.empty()) return done(std::move(page));
    page.rows.resize(rows.size());
    std::vector<base::SlotId> places;
    for (std::uint32_t n = 0; n < rows.size(); ++n) places.push_back({n, 0});
    const auto listing = std::make_shared<Listing>(
        Listing{shard.context(), aor, std::move(rows), decided_alone(shard.context(), aor),
                std::move(page), places.size(), std::move(done)});
    in_slices(shard.context().loop, std::move(places),
              [listing](base::SlotId place) { listing->fill(place.slot); });
}

}  // namespace herald::server
