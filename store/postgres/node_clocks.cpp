// store/postgres/node_clocks.cpp: what time it is, as the nodes say who live or did until just now
// (cl:T-2).
#include "store/postgres/node_clocks.h"

#include <algorithm>

namespace herald::store {
namespace {

constexpr const char* kNodeClocks =
    "SELECT name, run, beat, clock, database_clock, boot, boot_time FROM nodes ORDER BY node";

base::WallTime wall_time(std::uint64_t milliseconds) {
    return base::WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

bool has_moved(const NodeClock& node, const std::vector<NodeClock>& before) {
    return std::any_of(before.begin(), before.end(), [&](const NodeClock& earlier) {
        return earlier.name == node.name && earlier.run == node.run && earlier.beat < node.beat;
    });
}

/// Its clock went on with the machine's.
bool was_here_lately(const NodeClock& node, const Asker& asker) {
    const auto past = asker.now - node.at;
    return node.name == asker.name && !asker.boot.empty() && node.boot == asker.boot &&
           past >= base::Duration::zero() && past <= kLately;
}

/// Of two in the middle what lies between.
base::Duration median_of(std::vector<base::Duration> all) {
    std::sort(all.begin(), all.end());
    const auto low = all[(all.size() - 1) / 2], high = all[all.size() / 2];
    return low + (high - low) / 2;
}

}  // namespace

Result<std::vector<NodeClock>> read_node_clocks(Session& session) {
    const auto rows = session.query(kNodeClocks);
    if (!rows.is_good()) return fault_of(rows);
    std::vector<NodeClock> all;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        all.push_back(
            {.name = rows.text(row, 0),
             .run = rows.number(row, 1),
             .beat = rows.number(row, 2),
             .clock = wall_time(rows.number(row, 3)),
             .database = wall_time(rows.number(row, 4)),
             .boot = rows.text(row, 5),
             .at = base::Instant(base::Duration(static_cast<std::int64_t>(rows.number(row, 6))))});
    }
    return all;
}

std::optional<base::ClockReading> clock_of_nodes(const std::vector<NodeClock>& before,
                                                 const std::vector<NodeClock>& after,
                                                 const Asker& asker) {
    std::vector<base::Duration> offsets;
    for (const auto& node : after) {
        if (was_here_lately(node, asker)) {
            offsets.push_back(node.clock.time_since_epoch() - node.at.time_since_epoch());
        } else if (has_moved(node, before)) {
            offsets.push_back(asker.database.offset + (node.clock - node.database));
        }
    }
    if (offsets.empty()) return std::nullopt;
    return base::ClockReading{median_of(std::move(offsets)), asker.database.within};
}

}  // namespace herald::store
