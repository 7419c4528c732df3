// store/postgres/node_row.cpp: what a process notes of itself in nodes: a row for each name.
#include "store/postgres/node_row.h"

#include <array>
#include <string>

namespace herald::store {
namespace {

constexpr const char* kOthersDown =
    "UPDATE nodes SET phase = 'down' WHERE name <> $1 AND phase <> 'down'";

constexpr const char* kForgetOldest =
    "DELETE FROM nodes WHERE node = (SELECT node FROM nodes ORDER BY run LIMIT 1)"
    " AND (SELECT count(*) FROM nodes) >= $1::bigint"
    " AND NOT EXISTS (SELECT FROM nodes WHERE name = $2)";

// A name keeps its number; a new one has the lowest that is free.
constexpr const char* kJoin =
    "INSERT INTO nodes (node, name, run, phase, fence, beat, clock, database_clock, boot,"
    " boot_time, listeners, version) VALUES (coalesce((SELECT node FROM nodes WHERE name = $1),"
    " (SELECT min(n) FROM generate_series(1, $2::bigint) AS n WHERE n NOT IN (SELECT node FROM"
    " nodes))), $1, nextval('runs'), 'up', $3::bigint, 0, $4::bigint,"
    " (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $5, $6::bigint, $7, $8)"
    " ON CONFLICT (name) DO UPDATE SET run = EXCLUDED.run, phase = EXCLUDED.phase,"
    " fence = EXCLUDED.fence, beat = EXCLUDED.beat, clock = EXCLUDED.clock,"
    " database_clock = EXCLUDED.database_clock, boot = EXCLUDED.boot,"
    " boot_time = EXCLUDED.boot_time, listeners = EXCLUDED.listeners,"
    " version = EXCLUDED.version RETURNING node, run";

Status make_room(Session& session, const NodeSetup& setup) {
    const std::array<std::string, 1> name{setup.name};
    const auto ended = session.query(kOthersDown, name);
    if (!ended.is_good()) return fault_of(ended);
    const std::array<std::string, 2> most{std::to_string(kMostNodes), setup.name};
    const auto forgotten = session.query(kForgetOldest, most);
    return forgotten.is_good() ? Status() : Status(fault_of(forgotten));
}

}  // namespace

Result<Node> join_nodes(Session& session, const NodeSetup& setup, std::uint64_t fence,
                        const NodeTime& now) {
    if (setup.name.empty()) return Node{};
    if (auto made = make_room(session, setup); !made) return made.fault();
    const std::array<std::string, 8> values{setup.name,
                                            std::to_string(kMostNodes),
                                            std::to_string(fence),
                                            std::to_string(now.wall.time_since_epoch().count()),
                                            setup.boot,
                                            std::to_string(now.instant.time_since_epoch().count()),
                                            setup.listeners,
                                            setup.version};
    const auto joined = session.query(kJoin, values);
    if (!joined.is_good()) return fault_of(joined);
    return Node{.number = joined.number(0, 0), .run = joined.number(0, 1)};
}

Status leave_nodes(Session& session, const Node& node) {
    if (node.run == 0) return {};
    const std::array<std::string, 2> values{std::to_string(node.number), std::to_string(node.run)};
    const auto left =
        session.query("UPDATE nodes SET phase = 'down' WHERE node = $1 AND run = $2", values);
    return left.is_good() ? Status() : Status(fault_of(left));
}

}  // namespace herald::store
