// server/feed/hook_queue.cpp: events that wait to be posted, as rows of the store.
#include "server/feed/hook_queue.h"

#include <utility>

#include "base/text.h"
#include "server/publish/publications.h"

namespace herald::server {

const std::string_view kHookAddress = "sip:hooks@hooks.invalid";

namespace {

constexpr std::string_view kEventType = "application/vnd.herald.event+json";

/// In memory: here, and where it is posted.
std::uint64_t bytes_of(const QueuedEvent& event) noexcept {
    return 2 * (sizeof(QueuedEvent) + event.resource.size() + event.body.size());
}

}  // namespace

HookQueue::HookQueue(Context& context)
    : context_(context),
      waiting_(context.metrics.gauge("herald_hooks_waiting",
                                     "Events that wait to be posted (hooks.queue)")),
      waiting_bytes_(context.metrics.gauge("herald_hooks_waiting_bytes",
                                           "Bytes of events that wait to be posted "
                                           "(hooks.memory)")),
      given_way_(context.metrics.counter("herald_hooks_gave_way_total",
                                         "Events never posted: too many waited (hooks.queue, "
                                         "hooks.memory)")) {}

void HookQueue::add(QueuedEvent event) {
    const auto id = event.id;
    const auto bytes = bytes_of(event);
    if (events_.emplace(id, std::move(event)).second) used_ += bytes;
    waiting_.set(events_.size());
    waiting_bytes_.set(used_);
}

void HookQueue::remove(std::uint64_t id) {
    const auto gone = events_.find(id);
    if (gone == events_.end()) return;
    used_ -= bytes_of(gone->second);
    events_.erase(gone);
    waiting_.set(events_.size());
    waiting_bytes_.set(used_);
}

std::vector<std::uint64_t> HookQueue::excess(std::size_t count, std::uint64_t bytes) const {
    std::vector<std::uint64_t> gone;
    count += events_.size();
    bytes += used_;
    for (const auto& [id, event] : events_) {
        if (count <= context_.config.hooks_queue && bytes <= context_.config.hooks_memory) break;
        gone.push_back(id);
        --count;
        bytes -= bytes_of(event);
    }
    return gone;
}

std::uint64_t HookQueue::row_number(std::uint64_t id) const {
    return store::row_number(bucket_of(context_.home.bucket_key, kHookAddress), id);
}

store::PutPublication HookQueue::row_of(const QueuedEvent& event) const {
    store::Publication row;
    row.id = row_number(event.id);
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
    store::ChangePublications change;
    std::uint64_t bytes = 0;
    for (auto& event : events) {
        event.id = context_.next_number();
        bytes += bytes_of(event);
        change.changes.emplace_back(row_of(event));
    }
    auto gone = excess(events.size(), bytes);
    for (const auto id : gone)
        change.changes.emplace_back(store::RemovePublication{row_number(id), {}, {}, {}});
    context_.port.commit(std::move(change),
                         [this, events = std::move(events), gone = std::move(gone),
                          done = std::move(done)](store::Outcome outcome) mutable {
                             if (outcome != store::Outcome::committed)
                                 return done(status_of(outcome));
                             for (const auto id : gone) remove(id);
                             given_way_.add(gone.size());
                             for (auto& event : events) add(std::move(event));
                             done({});
                         });
}

void HookQueue::drop(const std::vector<std::uint64_t>& ids, Done done) {
    store::ChangePublications change;
    std::vector<std::uint64_t> known;
    for (const auto id : ids) {
        if (events_.count(id) == 0) continue;
        change.changes.emplace_back(store::RemovePublication{row_number(id), {}, {}, {}});
        known.push_back(id);
    }
    if (known.empty()) return done({});
    context_.port.commit(
        std::move(change),
        [this, known = std::move(known), done = std::move(done)](store::Outcome outcome) mutable {
            if (outcome != store::Outcome::committed) return done(status_of(outcome));
            for (const auto id : known) remove(id);
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
    add({store::counter_of(row.id), std::move(row.source), std::move(row.body), row.arrived});
}

void HookQueue::forget_some(Cell cell, Forgetting& forgetting) {
    if (context_.cell_of(kHookAddress) != cell) return;
    forgetting.erase(
        events_, [](const auto&) { return true; },
        [this](const auto& entry) { used_ -= bytes_of(entry.second); });
    waiting_.set(events_.size());
    waiting_bytes_.set(used_);
}

}  // namespace herald::server
