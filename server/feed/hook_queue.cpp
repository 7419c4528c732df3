// server/feed/hook_queue.cpp: events that wait to be posted, as rows of the store.
#include "server/feed/hook_queue.h"

#include <utility>

#include "base/text.h"
#include "server/publish/publications.h"

namespace herald::server {

const std::string_view kHookAddress = "sip:hooks@hooks.invalid";

namespace {

constexpr std::string_view kEventType = "application/vnd.herald.event+json";

}  // namespace

HookQueue::HookQueue(Context& context)
    : context_(context),
      waiting_(context.metrics.gauge("herald_hooks_waiting",
                                     "Events that wait to be posted (hooks.queue)")),
      given_way_(context.metrics.counter("herald_hooks_gave_way_total",
                                         "Events never posted: too many waited (hooks.queue)")) {}

store::PutPublication HookQueue::row_of(const QueuedEvent& event) const {
    store::Publication row;
    row.id = event.id;
    row.package = "hooks";
    row.aor = kHookAddress;
    row.entity_tag = "event " + std::to_string(event.id);
    row.source = event.resource;
    row.arrived = event.at;
    row.type = kEventType;
    row.body = event.body;
    return {std::move(row), {}};
}

void HookQueue::keep(std::vector<QueuedEvent> events, Done done) {
    if (context_.port.is_full()) return done(Fault{FaultKind::unavailable, "Busy; try again"});
    const std::size_t most = context_.config.hooks_queue;
    store::ChangePublications change;
    std::vector<std::uint64_t> gone;
    for (auto& event : events) {
        event.id = context_.next_id();
        change.changes.emplace_back(row_of(event));
    }
    auto oldest = events_.begin();
    for (auto count = events_.size() + events.size(); count > most && oldest != events_.end();
         --count, ++oldest) {
        change.changes.emplace_back(store::RemovePublication{oldest->first, {}, {}, {}});
        gone.push_back(oldest->first);
    }
    context_.port.commit(std::move(change),
                         [this, events = std::move(events), gone = std::move(gone),
                          done = std::move(done)](store::Outcome outcome) mutable {
                             if (outcome != store::Outcome::committed)
                                 return done(status_of(outcome));
                             for (const auto id : gone) events_.erase(id);
                             given_way_.add(gone.size());
                             for (auto& event : events) {
                                 const auto id = event.id;
                                 events_.emplace(id, std::move(event));
                             }
                             waiting_.set(events_.size());
                             done({});
                         });
}

void HookQueue::drop(const std::vector<std::uint64_t>& ids, Done done) {
    store::ChangePublications change;
    std::vector<std::uint64_t> known;
    for (const auto id : ids) {
        if (events_.count(id) == 0) continue;
        change.changes.emplace_back(store::RemovePublication{id, {}, {}, {}});
        known.push_back(id);
    }
    if (known.empty()) return done({});
    context_.port.commit(
        std::move(change),
        [this, known = std::move(known), done = std::move(done)](store::Outcome outcome) mutable {
            if (outcome != store::Outcome::committed) return done(status_of(outcome));
            for (const auto id : known) events_.erase(id);
            waiting_.set(events_.size());
            done({});
        });
}

std::vector<QueuedEvent> HookQueue::page(std::uint64_t after, std::size_t most) const {
    std::vector<QueuedEvent> events;
    for (auto it = events_.upper_bound(after); it != events_.end() && events.size() < most; ++it)
        events.push_back(it->second);
    return events;
}

bool HookQueue::takes(const store::Publication& row) const {
    return row.aor == kHookAddress;
}

void HookQueue::recover(store::Publication row, base::WallTime /*not_before*/) {
    if (row.is_removed) return;
    events_.emplace(row.id,
                    QueuedEvent{row.id, std::move(row.source), std::move(row.body), row.arrived});
    waiting_.set(events_.size());
}

void HookQueue::forget(Cell cell) {
    if (context_.cell_of(kHookAddress) != cell) return;
    events_.clear();
    waiting_.set(0);
}

}  // namespace herald::server
