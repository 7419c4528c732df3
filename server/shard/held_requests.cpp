// server/shard/held_requests.cpp: requests for cells that are on their way.
#include "server/shard/held_requests.h"

#include <utility>

#include "server/core/answers.h"

namespace herald::server {

HeldRequests::HeldRequests(Context& context)
    : context_(context),
      held_(context.metrics.gauge("herald_cluster_held",
                                  "Requests that wait for a cell that is on its way")),
      turned_away_(context.metrics.counter("herald_cluster_turned_away_total",
                                           "Requests for a cell that did not come in time, or for "
                                           "which too many waited")) {}

void HeldRequests::hold(Cell cell) {
    auto& waiting = waiting_[cell];
    context_.loop.timers().cancel(waiting.limit);
    waiting.is_late = false;
    waiting.limit = context_.loop.timers().arm(context_.loop.now() + kPatience,
                                               [this, cell] { give_up(cell); });
}

bool HeldRequests::take(Cell cell, sip::ServerTransactionId transaction, const sip::Flow& flow) {
    const auto found = waiting_.find(cell);
    if (found == waiting_.end()) return false;
    auto& waiting = found->second;
    if (waiting.is_late || waiting.held.size() >= kMost) {
        turn_away({transaction, flow}, waiting.is_late ? Why::late : Why::full);
        return true;
    }
    waiting.held.push_back({transaction, flow});
    held_.add();
    return true;
}

std::vector<HeldRequests::Held> HeldRequests::release(Cell cell) {
    const auto found = waiting_.find(cell);
    if (found == waiting_.end()) return {};
    auto held = std::move(found->second.held);
    context_.loop.timers().cancel(found->second.limit);
    waiting_.erase(found);
    held_.subtract(held.size());
    return held;
}

void HeldRequests::give_up(Cell cell) {
    auto& waiting = waiting_.at(cell);
    waiting.limit = {};
    waiting.is_late = true;
    const auto held = std::exchange(waiting.held, {});
    held_.subtract(held.size());
    for (const auto& each : held) turn_away(each, Why::late);
}

/// Where it waits no longer the answer is the same for all; a copy of a datagram comes by itself.
void HeldRequests::turn_away(const Held& held, Why why) {
    turned_away_.add();
    if (why == Why::late || sip::is_reliable(held.flow.protocol)) {
        context_.stack.answer(held.transaction, unavailable("Its cell is on its way"));
    } else {
        context_.stack.abandon(held.transaction);
    }
}

}  // namespace herald::server
