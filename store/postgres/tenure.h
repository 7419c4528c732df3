// store/postgres/tenure.h: one process at a time has the store: how it takes it, keeps it over lost
// connections, and gives it back.
//
// A session holds an advisory lock, so that a second process is refused. The fence in the lane's
// row rises with each process that takes the store: one that lost its session and its lock to
// another writes nothing more.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/time.h"
#include "store/node.h"
#include "store/postgres/node_row.h"
#include "store/postgres/session.h"
#include "store/starts.h"
#include "store/store.h"

namespace herald::store {

/// Faults: io; invalid_configuration where the server is unsafe (unless that is allowed), a pooler
/// answers in its place, or its encoding is not UTF-8.
Status check_server(Session& session, bool is_unsafe_allowed);

/// What every session of ours is set to. Faults: io.
Status configure(Session& session);

/// The lane's row.
struct LaneState {
    std::uint64_t fence = 0;
    std::uint64_t sequence = 0;
};

struct Tenure {
    Home home;
    Starts starts;
    LaneState lane;
    Node node;

    Member member() const noexcept { return {node, lane.fence}; }
};

/// Waits some seconds for a process that is just ending, then refuses. Faults: conflict (another
/// process has the store), io.
Status lock_store(Session& session);

/// The store, which is locked. Makes the keys if there are none, raises epoch and fence, marks the
/// run as not cleanly ended, notes who has it. Faults: io, malformed.
Result<Tenure> take_store(Session& session, const NodeSetup& setup, const NodeTime& now);

/// The same process with a new session: ends the old one, which may still be at work, and says what
/// became of it. Faults: conflict (another process took the store over), io.
Result<LaneState> keep_store(Session& session, std::uint64_t fence);

/// Writes what another store said of itself in place of what this one says. Faults: io.
Status adopt_home(Session& session, const Home& home);

/// Marks the run as cleanly ended. Faults: io.
Status leave_store(Session& session, const Member& member, base::WallTime now);

}  // namespace herald::store
