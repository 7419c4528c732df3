// server/notify/confirmations.cpp: which resources' watchers all have the latest document, written
// lazily (docs/architecture.md: Restart).
#include "server/notify/confirmations.h"

#include <cassert>
#include <utility>

namespace herald::server {

namespace {

/// A resource that changes more often than this needs no confirmation: the next change tells its
/// watchers anyway.
constexpr auto kQuiet = std::chrono::seconds(2);
/// Pause between batches while more is waiting: at most 10,000 a second in all, in batches too
/// small to delay a request.
constexpr auto kPause = std::chrono::milliseconds(5);
constexpr std::size_t kMostAtOnce = 50;
/// With no more watchers than this a document is cheaper to compose again than to keep.
constexpr std::size_t kFew = 16;
/// More waiting changes than this mean that the store has better things to do.
constexpr std::size_t kBusy = 16;

}  // namespace

Confirmations::Confirmations(Context& context)
    : context_(context),
      told_time_(context.metrics.histogram(
          "herald_told_seconds",
          "From a request that changes a resource to the last answer of its watchers")) {}

void Confirmations::advance(Subscription& record, NotifyInput input) {
    const auto next = next_notify_state(record.notify_state, input);
    assert(next);
    if (!next || *next == record.notify_state) return;
    const bool was_told = record.notify_state == NotifyState::told;
    // What a change under way grants is not told yet, whatever was answered meanwhile.
    const bool is_early = *next == NotifyState::told && record.is_changing;
    record.notify_state = is_early ? NotifyState::untold : *next;
    note(record, was_told);
}

void Confirmations::note(const Subscription& record, bool was_told) {
    const bool is_told = record.notify_state == NotifyState::told;
    if (is_told == was_told) return;
    auto& resource = context_.resources[record.resource];
    if (!is_told) {
        ++resource.unconfirmed;
    } else if (--resource.unconfirmed == 0) {
        observe(resource);
        settle(record.resource);
    }
}

void Confirmations::added(const Subscription& record) {
    if (record.notify_state != NotifyState::told) ++context_.resources[record.resource].unconfirmed;
}

void Confirmations::leaving(const Subscription& record) {
    auto& resource = context_.resources[record.resource];
    if (record.notify_state != NotifyState::told) --resource.unconfirmed;
    if (resource.unconfirmed > 0) return;
    // The last one told never answered, so there is no time to measure.
    resource.untold_since = {};
    settle(record.resource);
}

/// Not while the fan-out goes on: there are more to be told.
void Confirmations::observe(Resource& resource) {
    if (resource.is_dirty || resource.untold_since == base::Instant{}) return;
    const auto since = std::exchange(resource.untold_since, {});
    told_time_.observe(static_cast<std::uint64_t>((context_.loop.now() - since).count()));
}

void Confirmations::settle(std::uint32_t slot) {
    auto& resource = context_.resources[slot];
    if (resource.has_departures()) resource.forget_departed();
    if (resource.watchers.size() <= kFew) resource.release_documents();
    // What is kept of a cell that goes is written by flush().
    if (context_.rest.is_at_rest(resource.cell)) return;
    resource.is_settled_again = resource.is_confirmable;
    if (resource.is_confirmable) return;
    resource.is_confirmable = true;
    settled_.push_back({slot, context_.loop.now()});
    schedule(settled_.front().since + kQuiet);
}

void Confirmations::schedule(base::Instant when) {
    auto& timers = context_.loop.timers();
    if (timers.is_armed(timer_)) return;
    timer_ = timers.arm(when, [this] { write_some(); });
}

bool Confirmations::has_due() const {
    return !settled_.empty() && context_.loop.now() - settled_.front().since >= kQuiet;
}

void Confirmations::write_some() {
    timer_ = {};
    for (std::size_t n = 0; n < kMostAtOnce && has_due() && context_.port.waiting() <= kBusy + n;
         ++n) {
        write_first();
    }
    if (settled_.empty()) return;
    schedule(has_due() ? context_.loop.now() + kPause : settled_.front().since + kQuiet);
}

/// Or puts it back into the queue, if it has changed meanwhile.
void Confirmations::write_first() {
    const auto slot = settled_.front().slot;
    auto& resource = context_.resources[slot];
    settled_.pop_front();
    if (std::exchange(resource.is_settled_again, false) || is_moving(resource)) {
        settled_.push_back({slot, context_.loop.now()});
    } else {
        write(slot, resource);
    }
}

void Confirmations::write(std::uint32_t slot, Resource& resource) {
    resource.is_confirmable = false;
    if (resource.unconfirmed == 0 && !is_moving(resource)) {
        resource.release_documents();
        const bool is_watched = !resource.watchers.empty();
        const auto fingerprint = is_watched ? resource.canonical_fingerprint(context_.wall()) : 0;
        const bool is_known = fingerprint == 0 && resource.confirmed_fingerprint == 0;
        if (!is_known) put(resource, fingerprint, is_watched ? context_.next_number() : 0);
    }
    context_.resources.drop_if_idle(slot);
}

void Confirmations::forget(std::uint32_t slot) {
    if (!std::exchange(context_.resources[slot].is_confirmable, false)) return;
    std::erase_if(settled_, [&](const Settled& each) { return each.slot == slot; });
    if (settled_.empty()) context_.loop.timers().cancel(timer_);
}

/// With a change under way a confirmation would come after the commit that makes it void; with a
/// moment passed that changes the document it would be about one that nobody was told.
bool Confirmations::is_moving(const Resource& resource) const {
    const bool is_overdue =
        resource.stale_at != base::WallTime{} && resource.stale_at <= context_.wall();
    return resource.is_dirty || resource.is_changing || is_overdue;
}

void Confirmations::flush() {
    settled_.clear();
    std::vector<std::uint32_t> slots;
    context_.resources.for_each([&](std::uint32_t slot, Resource&) { slots.push_back(slot); });
    write_all(slots);
}

void Confirmations::flush(const std::vector<std::uint32_t>& slots) {
    bool was_any = false;
    for (const auto slot : slots)
        was_any |= std::exchange(context_.resources[slot].is_confirmable, false);
    if (was_any) {
        std::erase_if(settled_, [this](const Settled& each) {
            return !context_.resources[each.slot].is_confirmable;
        });
    }
    if (settled_.empty()) context_.loop.timers().cancel(timer_);
    write_all(slots);
}

bool Confirmations::is_kept(const Resource& resource, const Subscription& watcher) const {
    if (!watcher.is_live()) return true;
    const bool is_told = watcher.notify_state == NotifyState::told;
    const bool is_in = watcher.change <= resource.confirmed_through;
    return resource.confirmed_fingerprint != 0 && is_told == is_in;
}

void Confirmations::write_all(const std::vector<std::uint32_t>& slots) {
    for (const auto slot : slots) {
        auto& resource = context_.resources[slot];
        if (resource.watchers.empty()) continue;
        if (resource.unconfirmed > 0) except_unconfirmed(resource);
        write(slot, resource);
    }
}

/// Gives each watcher that did not answer a change number above the confirmation's, so that only
/// these are told after the start.
void Confirmations::except_unconfirmed(Resource& resource) {
    if (is_moving(resource)) return;
    const auto through = context_.next_number();
    for (const auto watcher : resource.watchers) {
        auto& record = context_.subscriptions[watcher];
        if (record.notify_state == NotifyState::told || !record.is_live()) continue;
        record.change = context_.next_number();
        context_.port.commit(touch_of(record, context_.epoch_of(record)), nullptr);
    }
    put(resource, resource.canonical_fingerprint(context_.wall()), through);
}

void Confirmations::withdraw(std::uint32_t slot, base::Task<void(store::Outcome)> done) {
    const auto& resource = context_.resources[slot];
    store::Confirmation nothing{std::string(resource.package->profile().event), resource.aor, 0, 0};
    context_.port.commit(store::PutConfirmation{std::move(nothing)},
                         [this, slot, package = resource.package, aor = resource.aor,
                          done = std::move(done)](store::Outcome outcome) mutable {
                             // It may have been forgotten meanwhile.
                             const bool is_there = context_.resources.find(*package, aor) == slot;
                             if (is_there && outcome == store::Outcome::committed)
                                 context_.resources[slot].confirmed_fingerprint = 0;
                             done(outcome);
                         });
}

void Confirmations::put(Resource& resource, std::uint64_t fingerprint, std::uint64_t through) {
    resource.confirmed_fingerprint = fingerprint;
    resource.confirmed_through = through;
    context_.port.commit(store::PutConfirmation{{std::string(resource.package->profile().event),
                                                 resource.aor, fingerprint, through}},
                         nullptr);
}

}  // namespace herald::server
