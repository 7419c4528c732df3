// server/shard/held_requests.h: requests for cells that are on their way: they wait until the cell
// is there, and go in in the order they came.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "server/core/context.h"

namespace herald::server {

/// One per shard, on its thread.
class HeldRequests {
public:
    /// Of one cell; beyond that copies of datagrams come again, and streams are told 503.
    static constexpr std::size_t kMost = 2000;
    /// Who waited so long is told 503, and so is who comes then.
    static constexpr auto kPatience = std::chrono::seconds(15);

    struct Held {
        sip::ServerTransactionId transaction;
        sip::Flow flow;
    };

    explicit HeldRequests(Context& context);

    /// From now on requests for the cell wait.
    void hold(Cell cell);
    bool holds(Cell cell) const noexcept { return waiting_.contains(cell); }
    /// Takes a request for the cell, which waits or is turned away; false: it is to be served.
    bool take(Cell cell, sip::ServerTransactionId transaction, const sip::Flow& flow);
    /// Nothing waits any more; those that did, in order.
    std::vector<Held> release(Cell cell);

private:
    struct Waiting {
        std::vector<Held> held;
        base::TimerId limit;
        bool is_late = false;
    };

    void give_up(Cell cell);
    enum class Why : std::uint8_t { late, full };
    void turn_away(const Held& held, Why why);

    Context& context_;
    std::map<Cell, Waiting> waiting_;
    base::Counter& held_;  ///< gauge
    base::Counter& turned_away_;
};

}  // namespace herald::server
