// server/shard/held_requests.cpp: requests for cells that are on their way.
#include "server/shard/held_requests.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "server/core/answers.h"

namespace herald::server {

namespace {

constexpr std::string_view kNames[] = {"late", "full", "share"};

/// A shard has its part of a cell, and of the room for it.
std::size_t part_of(std::size_t most, unsigned shards) {
    return std::max<std::size_t>(most / shards, 1);
}

}  // namespace

HeldRequests::HeldRequests(Context& context)
    : context_(context),
      held_(context.metrics.gauge("herald_cluster_held",
                                  "Requests that wait for a cell that is on its way")),
      bytes_(context.metrics.gauge("herald_cluster_held_bytes",
                                   "Memory of requests that wait for a cell")) {
    for (std::size_t why = 0; why < kWhys; ++why) {
        const auto counter = [&](const char* how) {
            return &context.metrics.counter(
                "herald_cluster_turned_away_total",
                "Requests for a cell that did not come in time, or for which too many waited",
                {{"why", std::string(kNames[why])}, {"how", how}});
        };
        refused_[why] = counter("refused");
        dropped_[why] = counter("dropped");
    }
}

void HeldRequests::hold(Cell cell) {
    auto& place = places_.try_emplace(cell, context_.config).first->second;
    const auto patience = std::chrono::seconds(context_.config.cluster_hold);
    context_.loop.timers().cancel(place.limit);
    place.is_late = false;
    place.limit =
        context_.loop.timers().arm(context_.loop.now() + patience, [this, cell] { give_up(cell); });
}

bool HeldRequests::take(Cell cell, sip::ServerTransactionId transaction,
                        const sip::Message& request, const sip::Flow& flow) {
    const auto found = places_.find(cell);
    if (found == places_.end()) return false;
    auto& place = found->second;
    const Held held{transaction, flow, sizeof(Held) + request.bytes().size()};
    if (const auto why = obstacle(place, held.bytes, flow.peer)) {
        turn_away(held, *why);
    } else {
        enter(place, held);
    }
    return true;
}

std::optional<HeldRequests::Why> HeldRequests::obstacle(const Place& place, std::size_t bytes,
                                                        const sip::Endpoint& peer) const {
    if (place.is_late) return Why::late;
    const auto count = place.held.size();
    const auto most = part_of(context_.config.cluster_held_requests, context_.shards);
    const auto most_bytes = part_of(context_.config.cluster_held_bytes, context_.shards);
    if (count >= most || place.held_bytes + bytes > most_bytes) return Why::full;
    const bool is_greedy = place.counts.is_greedy(peer, count, most) ||
                           place.bytes.is_greedy(peer, place.held_bytes, most_bytes);
    return is_greedy ? std::optional(Why::share) : std::nullopt;
}

void HeldRequests::enter(Place& place, const Held& held) {
    place.held.push_back(held);
    place.held_bytes += held.bytes;
    place.counts.add(place.counts.site_of(held.flow.peer), 1);
    place.bytes.add(place.bytes.site_of(held.flow.peer), held.bytes);
    held_.add();
    bytes_.add(held.bytes);
}

void HeldRequests::leave(Place& place, const Held& held) {
    place.held_bytes -= held.bytes;
    place.counts.take_back(place.counts.site_of(held.flow.peer), 1);
    place.bytes.take_back(place.bytes.site_of(held.flow.peer), held.bytes);
    held_.subtract();
    bytes_.subtract(held.bytes);
}

void HeldRequests::let_in(Cell cell) {
    const auto found = places_.find(cell);
    if (found == places_.end()) return;
    context_.loop.timers().cancel(found->second.limit);
    found->second.is_late = false;
}

std::optional<HeldRequests::Held> HeldRequests::next(Cell cell) {
    const auto found = places_.find(cell);
    if (found == places_.end()) return std::nullopt;
    auto& place = found->second;
    if (place.held.empty()) {
        context_.loop.timers().cancel(place.limit);
        places_.erase(found);
        return std::nullopt;
    }
    const auto held = place.held.front();
    place.held.pop_front();
    leave(place, held);
    return held;
}

void HeldRequests::give_up(Cell cell) {
    auto& place = places_.at(cell);
    place.limit = {};
    place.is_late = true;
    for (const auto& each : std::exchange(place.held, {})) {
        leave(place, each);
        turn_away(each, Why::late);
    }
}

/// Where it waits no longer the answer is the same for all; of a datagram a copy comes by itself,
/// and is looked at anew.
void HeldRequests::turn_away(const Held& held, Why why) {
    const bool is_told = why == Why::late || sip::is_reliable(held.flow.protocol);
    (is_told ? refused_ : dropped_)[static_cast<std::size_t>(why)]->add();
    if (is_told)
        return context_.stack.answer(held.transaction, unavailable("Its cell is on its way"));
    context_.stack.drop(held.transaction);
}

}  // namespace herald::server
