// server/shard/cell_departure.cpp: a cell on its way out of one shard's memory.
#include "server/shard/cell_departure.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/core/notify_state.h"
#include "server/core/slices.h"
#include "server/notify/notify_sender.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

constexpr auto kBetween = std::chrono::milliseconds(5);
/// NOTIFYs are waited for so long; those without an answer by then count as not delivered.
constexpr auto kAnswers = std::chrono::seconds(1);
constexpr auto kLongest = std::chrono::seconds(5);
/// Looked at, and written, in one step.
constexpr std::size_t kWatchers = 64;
constexpr std::size_t kResources = 8;

}  // namespace

CellDeparture::CellDeparture(const CellParts& parts, Cell cell, Done done)
    : parts_(parts),
      context_(parts.context),
      cell_(cell),
      begun_(context_.loop.now()),
      done_(std::move(done)),
      forgetting_(parts, cell) {}

/// What would be written later is written now, and so is what is learned while it goes.
void CellDeparture::look() {
    parts_.agents.on_departure(cell_);
    slots_ = context_.resources.slots_of(cell_);
    at_ = 0;
    watcher_at_ = 0;
    is_kept_ = true;
    seen_ = {};
    auto self = shared_from_this();
    in_turns(
        context_.loop, [self] { return self->look_at_some(); }, [self] { self->judge(); });
}

bool CellDeparture::is_there(std::uint32_t slot) const {
    return context_.resources.holds(slot) && context_.resources[slot].cell == cell_;
}

bool CellDeparture::look_at_some() {
    if (at_ == slots_.size()) return false;
    const auto slot = slots_[at_];
    if (is_there(slot)) {
        const auto& resource = context_.resources[slot];
        seen_.is_moving |= resource.is_changing || resource.is_dirty;
        const auto& watchers = resource.watchers;
        const auto end = std::min(watchers.size(), watcher_at_ + kWatchers);
        for (; watcher_at_ < end; ++watcher_at_)
            look_at(resource, context_.subscriptions[watchers[watcher_at_]]);
        if (watcher_at_ < watchers.size()) return true;
        if (!is_kept_) seen_.unkept.push_back(slot);
    }
    ++at_;
    watcher_at_ = 0;
    is_kept_ = true;
    return true;
}

void CellDeparture::look_at(const Resource& resource, const Subscription& watcher) {
    seen_.is_moving |= watcher.is_changing;
    seen_.has_flights |= is_out(watcher.notify_state);
    is_kept_ &= parts_.sender.confirmations().is_kept(resource, watcher);
}

/// Changes are with the store, or on their way there once what is before them was found out.
bool CellDeparture::is_writing() const {
    return context_.port.waiting(cell_) > 0 || context_.rest.has_promises(cell_) ||
           parts_.agents.has_changes(cell_);
}

bool CellDeparture::is_awaited() const {
    const bool is_late = context_.loop.now() - begun_ >= kAnswers;
    if (is_late || context_.rest.is_at_rest(cell_)) return false;
    return seen_.has_flights || parts_.agents.has_flights(cell_);
}

void CellDeparture::judge() {
    const bool is_at_rest = context_.rest.is_at_rest(cell_);
    const bool is_busy = seen_.is_moving || is_writing() || is_awaited();
    if (!is_busy && is_at_rest && seen_.unkept.empty()) return forget();
    if (context_.loop.now() - begun_ >= kLongest) return keep();
    // What went on all the same is told first.
    if (seen_.is_moving) context_.rest.end(cell_);
    if (is_busy) return again();
    context_.rest.begin(cell_);
    flush();
}

void CellDeparture::again() {
    context_.loop.timers().arm(context_.loop.now() + kBetween,
                               [self = shared_from_this()] { self->look(); });
}

void CellDeparture::flush() {
    auto self = shared_from_this();
    in_turns(
        context_.loop, [self] { return self->flush_some(); }, [self] { self->again(); });
}

bool CellDeparture::flush_some() {
    auto& unkept = seen_.unkept;
    std::vector<std::uint32_t> slots;
    for (; slots.size() < kResources && !unkept.empty(); unkept.pop_back()) {
        if (is_there(unkept.back())) slots.push_back(unkept.back());
    }
    parts_.sender.confirmations().flush(slots);
    return !unkept.empty();
}

void CellDeparture::keep() {
    context_.rest.end(cell_);
    done_(false);
}

void CellDeparture::forget() {
    auto self = shared_from_this();
    in_turns(
        context_.loop, [self] { return self->forgetting_.step(); },
        [self] { self->end_forgetting(); });
}

void CellDeparture::end_forgetting() {
    if (!forgetting_.has_left()) return done_(true);
    context_.loop.timers().arm(context_.loop.now() + kBetween, [self = shared_from_this()] {
        self->forgetting_.try_again();
        self->forget();
    });
}

}  // namespace herald::server
