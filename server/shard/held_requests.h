// server/shard/held_requests.h: requests for cells that are on their way: they wait until the cell
// is there, and go in in the order they came.
//
//   take() -> room? a fair share of it? in time? -> waits -> next()
//                  no: a datagram is dropped, its copies come; a stream is told 503
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "server/core/context.h"
#include "sip/site_shares.h"

namespace herald::server {

/// One per shard, on its thread. [cluster] says how many requests of a cell wait, how many bytes,
/// and for how long. Of a place that is more than half full no source has more than an eighth.
class HeldRequests {
public:
    struct Held {
        sip::ServerTransactionId transaction;
        sip::Flow flow;
        std::size_t bytes;
    };

    explicit HeldRequests(Context& context);

    /// From now on requests for the cell wait, behind those that do still.
    void hold(Cell cell);
    /// Takes a request for the cell, which waits or is turned away; false: it is to be served.
    bool take(Cell cell, sip::ServerTransactionId transaction, const sip::Message& request,
              const sip::Flow& flow);
    /// Nobody waits too long any more: the cell is there.
    void let_in(Cell cell);
    /// The next of those that wait, in order; nullopt: there are no more, and requests are served.
    std::optional<Held> next(Cell cell);

private:
    enum class Why : std::uint8_t { late, full, share };
    static constexpr std::size_t kWhys = 3;

    /// Where those of one cell wait.
    struct Place {
        explicit Place(const Config& config)
            : counts(config.trusted_peers), bytes(config.trusted_peers) {}

        std::deque<Held> held;
        std::size_t held_bytes = 0;
        sip::SiteShares counts, bytes;  ///< of `held`
        base::TimerId limit;
        bool is_late = false;
    };

    std::optional<Why> obstacle(const Place& place, std::size_t bytes,
                                const sip::Endpoint& peer) const;
    void enter(Place& place, const Held& held);
    void leave(Place& place, const Held& held);
    void give_up(Cell cell);
    void turn_away(const Held& held, Why why);

    Context& context_;
    std::map<Cell, Place> places_;
    base::Counter& held_;   ///< gauge
    base::Counter& bytes_;  ///< gauge
    std::array<base::Counter*, kWhys> refused_{};
    std::array<base::Counter*, kWhys> dropped_{};
};

}  // namespace herald::server
