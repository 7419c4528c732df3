// server/notify/fan_out_queue.cpp: the resources whose watchers are to be looked at, and their
// turns.
#include "server/notify/fan_out_queue.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace herald::server {

namespace {

/// Most watchers visited between two batches of input, and most of one resource among them.
constexpr std::size_t kTurnBudget = 256;
constexpr std::size_t kSliceBudget = 128;
/// ... and the most time spent on them. The first visit of a slice composes the document, the
/// others take a few microseconds each, so the clock is read only now and then.
constexpr auto kTurnTime = std::chrono::milliseconds(1);
constexpr std::size_t kBetweenLooks = 8;
constexpr std::size_t kPrefetched = 8;

}  // namespace

FanOutQueue::FanOutQueue(Context& context, Confirmations& confirmations, Visit visit)
    : context_(context), confirmations_(confirmations), visit_(std::move(visit)) {
    context_.rest.on_end([this](Cell cell) { wake(cell); });
}

void FanOutQueue::add(std::uint32_t slot) {
    auto& resource = context_.resources[slot];
    if (!resource.is_dirty) {
        resource.is_dirty = true;
        resource.fan_out_at = 0;
        push(slot);
    } else if (resource.fan_out_at > 0) {
        // It does not start over at once: with change after change the last watchers would never be
        // reached.
        resource.is_dirty_again = true;
    }
}

void FanOutQueue::push(std::uint32_t slot) {
    dirty_.push_back(slot);
    schedule();
}

void FanOutQueue::schedule() {
    if (std::exchange(is_scheduled_, true)) return;
    context_.loop.post([this] { take_turn(); });
}

void FanOutQueue::take_turn() {
    is_scheduled_ = false;
    Budget budget{kTurnBudget, context_.loop.clock().now() + kTurnTime};
    while (!dirty_.empty() && budget.visits > 0) {
        const auto slot = dirty_.front();
        dirty_.pop_front();
        if (context_.rest.is_at_rest(context_.resources[slot].cell)) {
            resting_.push_back(slot);
        } else if (is_contradicted(context_.resources[slot])) {
            withdraw(slot);
        } else if (take_slice(slot, budget)) {
            finish(slot);
        } else {
            dirty_.push_back(slot);
        }
    }
    if (!dirty_.empty()) schedule();
}

/// Returns whether all watchers have been visited.
bool FanOutQueue::take_slice(std::uint32_t slot, Budget& budget) {
    auto& resource = context_.resources[slot];
    const auto& watchers = resource.watchers;
    const auto most = std::min(budget.visits, kSliceBudget);
    for (std::size_t n = 0; n < most && resource.fan_out_at < watchers.size(); ++n) {
        const auto at = resource.fan_out_at++;
        if (at + kPrefetched < watchers.size())
            context_.subscriptions.prefetch(watchers[at + kPrefetched]);
        visit_(context_.subscriptions.id_of(watchers[at]));
        --budget.visits;
        if (n % kBetweenLooks == 0 && context_.loop.clock().now() >= budget.end) budget.visits = 0;
        if (budget.visits == 0) break;
    }
    if (resource.fan_out_at < watchers.size()) return false;
    if (!std::exchange(resource.is_dirty_again, false)) return true;
    resource.fan_out_at = 0;
    return false;
}

/// Whether a stored confirmation is about another document than the one that is about to be told:
/// so it is after a change that had no commit of its own.
bool FanOutQueue::is_contradicted(const Resource& resource) const {
    return resource.confirmed_fingerprint != 0 && !resource.watchers.empty() &&
           resource.confirmed_fingerprint != resource.canonical_fingerprint(context_.wall());
}

/// Nothing is sent before the store knows that the confirmation is void.
void FanOutQueue::withdraw(std::uint32_t slot) {
    withheld_.insert(slot);
    confirmations_.withdraw(slot, [this, slot](store::Outcome outcome) {
        if (outcome == store::Outcome::committed) return release(slot);
        context_.loop.timers().arm(context_.loop.now() + kExpiryRetry,
                                   [this, slot] { release(slot); });
    });
}

void FanOutQueue::release(std::uint32_t slot) {
    if (withheld_.erase(slot) > 0) push(slot);
}

void FanOutQueue::forget(std::uint32_t slot) {
    withheld_.erase(slot);
    if (!std::exchange(context_.resources[slot].is_dirty, false)) return;
    if (std::erase(dirty_, slot) == 0) std::erase(resting_, slot);
}

void FanOutQueue::wake(Cell cell) {
    const auto is_awake = [&](std::uint32_t slot) { return context_.resources[slot].cell == cell; };
    const auto first =
        std::stable_partition(resting_.begin(), resting_.end(), std::not_fn(is_awake));
    for (auto each = first; each != resting_.end(); ++each) push(*each);
    resting_.erase(first, resting_.end());
}

void FanOutQueue::finish(std::uint32_t slot) {
    auto& resource = context_.resources[slot];
    resource.is_dirty = false;
    // Nobody had to be told, or everybody has answered by now.
    if (resource.unconfirmed == 0) resource.untold_since = {};
    context_.resources.drop_if_idle(slot);
}

}  // namespace herald::server
