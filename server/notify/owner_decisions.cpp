// server/notify/owner_decisions.cpp: what an owner decides about the watchers there are.
#include "server/notify/owner_decisions.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "packages/package.h"

namespace herald::server {

namespace {

/// Whether an entry of `meant` is about a watcher of `package`.
bool names(const ScopePolicy& meant, std::span<const std::string_view> uris,
           const packages::Package& package) {
    const auto event = package.profile().event;
    return meant.entry_for({uris, event.substr(0, event.find(';')), {}, {}}) != nullptr;
}

}  // namespace

OwnerDecisions::OwnerDecisions(Context& context, LiveSubscriptions& live,
                               base::Task<void(Id)> judge)
    : context_(context), live_(live), judge_(std::move(judge)) {}

/// A decision about the subscriptions there are, under way.
struct OwnerDecisions::Decision {
    SubHandling handling = SubHandling::confirm;
    std::size_t count = 0;
    std::size_t left = 0;
    bool has_failed = false;
    base::Task<void(Result<std::size_t>)> done;

    void finish_one(bool is_durable) {
        has_failed = has_failed || !is_durable;
        if (--left > 0) return;
        done(has_failed
                 ? Result<std::size_t>(Fault{FaultKind::unavailable, "The store is not available"})
                 : Result<std::size_t>(count));
    }
};

std::vector<OwnerDecisions::Id> OwnerDecisions::subscriptions_of(std::string_view owner,
                                                                 const ScopePolicy& meant) const {
    std::vector<Id> ids;
    for (const auto* package : packages::all()) {
        const auto slot = context_.resources.find(*package, owner);
        if (slot == Resource::kNone || !package->profile().watchers_of.empty()) continue;
        for (const auto watcher : context_.resources[slot].watchers) {
            const auto& record = context_.subscriptions[watcher];
            const std::string_view uris[] = {record.get(PackedText::Part::watcher)};
            if (record.is_live() && names(meant, uris, *package))
                ids.push_back(context_.subscriptions.id_of(watcher));
        }
    }
    return ids;
}

std::size_t OwnerDecisions::decide_waiting(std::string_view owner, const ScopePolicy& meant,
                                           SubHandling handling) {
    std::vector<std::uint64_t> decided;
    for (const auto* entry : live_.waiting().of(owner)) {
        const std::string_view uris[] = {entry->watcher};
        if (names(meant, uris, *entry->package)) decided.push_back(entry->id);
    }
    for (const auto id : decided) {
        live_.waiting().remove(id, handling == SubHandling::block
                                       ? packages::WatcherEvent::rejected
                                       : packages::WatcherEvent::approved);
    }
    return decided.size();
}

void OwnerDecisions::decide_once(std::string_view owner, const ListEntry& entry,
                                 base::Task<void(Result<std::size_t>)> done) {
    const auto meant = policy_of({std::string(owner), 0, to_text({entry}), {}});
    const auto ids = subscriptions_of(owner, *meant);
    const auto decision = std::make_shared<Decision>();
    decision->handling = entry.list;
    decision->count = ids.size() + decide_waiting(owner, *meant, entry.list);
    // One more, so that it is not done before all have begun.
    decision->left = ids.size() + 1;
    decision->done = std::move(done);
    for (const auto id : ids) decide_one(id, decision);
    decision->finish_one(true);
}

void OwnerDecisions::decide_one(Id id, const std::shared_ptr<Decision>& decision) {
    auto* record = context_.subscriptions.find(id);
    if (!record || !record->is_live()) return decision->finish_one(true);
    if (record->is_changing) {
        if (!live_.wait(id, [this, id, decision] { decide_one(id, decision); }))
            decision->finish_one(false);
        return;
    }
    if (decision->handling != SubHandling::block) return commit_once(id, *record, decision);
    record->is_bodiless = true;
    live_.run_out(id, EndReason::rejected);
    const auto is_over = [this, id, decision] {
        const auto* ended = context_.subscriptions.find(id);
        decision->finish_one(!ended || !ended->is_live());
    };
    if (!record->is_changing || !live_.wait(id, is_over)) is_over();
}

/// Durable first: whoever is let in stays in over a crash.
void OwnerDecisions::commit_once(Id id, Subscription& record,
                                 const std::shared_ptr<Decision>& decision) {
    const auto once = decision->handling == SubHandling::allow ? Once::allow : Once::polite_block;
    record.is_changing = true;
    record.change = context_.next_number();
    auto touch = touch_of(record, context_.epoch_of(record));
    touch.state = stored_state(SubscriptionState::active, once);
    const auto cseq_end = touch.cseq_base + kCseqBlock;
    context_.port.commit(std::move(touch),
                         [this, id, once, cseq_end, decision](store::Outcome outcome) {
                             const bool is_committed = outcome == store::Outcome::committed;
                             if (auto* changed = context_.subscriptions.find(id)) {
                                 changed->is_changing = false;
                                 if (is_committed) changed->once = once;
                                 if (is_committed) changed->cseq_end = cseq_end;
                                 judge_(id);
                             }
                             live_.open_gate(id);
                             decision->finish_one(is_committed);
                         });
}

}  // namespace herald::server
