// store/postgres/node_clocks.h: what time it is, as the nodes say who live or did until just now
// (cl:T-2).
//
// A node goes by a clock of its own, which only moves slowly towards the database's: where that was
// set, or is another machine's since a failover, it is the nodes who know by which time everything
// was granted.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/following_clock.h"
#include "base/time.h"
#include "store/postgres/session.h"

namespace herald::store {

/// An earlier run of this process's name counts if it lived so lately, by the machine's clock that
/// never steps.
inline constexpr std::chrono::seconds kLately{60};

/// A row of nodes, as far as it says what time it is.
struct NodeClock {
    std::string name;
    std::uint64_t run = 0, beat = 0;
    base::WallTime clock{};     ///< the node's, at the beat
    base::WallTime database{};  ///< the database's, at the beat
    std::string boot;           ///< of its machine
    base::Instant at{};         ///< of the beat, since that boot
};
/// Faults: io.
Result<std::vector<NodeClock>> read_node_clocks(Session& session);

/// Who wants to know the time, and by which clock.
struct Asker {
    std::string name, boot;
    base::Instant now;
    base::ClockReading database;
};
/// The median of the clocks of all nodes whose beat moved between `before` and `after`, as far from
/// the database's as at their last beat; and of the asker's own earlier run on this machine, which
/// need not live. Nothing where there is none.
std::optional<base::ClockReading> clock_of_nodes(const std::vector<NodeClock>& before,
                                                 const std::vector<NodeClock>& after,
                                                 const Asker& asker);

}  // namespace herald::store
