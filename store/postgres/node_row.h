// store/postgres/node_row.h: what a process notes of itself in nodes: a row for each name.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "store/node.h"
#include "store/postgres/session.h"

namespace herald::store {

/// More names than that have no number: the one that began longest ago is forgotten.
inline constexpr std::uint64_t kMostNodes = 255;

/// A node's clocks, read together.
struct NodeTime {
    base::WallTime wall{};
    base::Instant instant{};  ///< of the clock that the boot of the machine began
};

/// A run that has the store.
struct Member {
    Node node;
    std::uint64_t fence = 0;  ///< of its lanes
};

/// The process has the store: it is 'up', as another run, with the lanes' `fence`; every other one
/// is 'down', as only one has it. Nothing where it has no name. Within the transaction that takes
/// the store. Faults: io.
Result<Node> join_nodes(Session& session, const NodeSetup& setup, std::uint64_t fence,
                        const NodeTime& now);

/// It leaves, cleanly: it is 'down'. Faults: io.
Status leave_nodes(Session& session, const Node& node);

}  // namespace herald::store
