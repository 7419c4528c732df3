// cli/bench/bench_report.h: what a run of the load generator found, for people and for programs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "cli/bench/bench_histogram.h"
#include "cli/bench/bench_process.h"
#include "cli/bench/bench_traffic.h"

namespace herald::cli::bench {

struct PhaseReport {
    std::string name;
    double seconds = 0;       ///< the time requests were started in
    std::uint64_t asked = 0;  ///< open loop: started by the schedule, sent or not
    Counters counters;        ///< in that time
    Counters total;           ///< and until the last answer
    Histogram latencies;      ///< from the intended start to the last NOTIFY
    Histogram answers;        ///< from the intended start to the 200, where that is kept
    std::uint64_t finished = 0;
    std::uint64_t incomplete = 0;  ///< accepted or not, never seen by all watchers
    double server_user_seconds = 0;
    double server_system_seconds = 0;
    std::uint64_t server_written_bytes = 0;
    double store_seconds = 0;  ///< of the database; 0: not measured
    double own_seconds = 0;    ///< CPU of this process

    double per_second(std::uint64_t count) const noexcept {
        return seconds > 0 ? static_cast<double>(count) / seconds : 0;
    }
    double server_seconds() const noexcept { return server_user_seconds + server_system_seconds; }
};

struct MemoryReport {
    std::uint64_t idle_bytes = 0;
    std::uint64_t loaded_bytes = 0;
    std::uint32_t subscriptions = 0;
    double held_seconds = 0;

    double per_subscription() const noexcept;
};

/// Of connections that are open and say nothing.
struct ConnectionsReport {
    std::uint32_t count = 0;
    std::uint64_t idle_bytes = 0;    ///< before they were there
    std::uint64_t loaded_bytes = 0;  ///< when all had been answered
    std::uint64_t held_bytes = 0;    ///< at the end of the quiet time
    double held_seconds = 0;
    double held_cpu_seconds = 0;  ///< the server's, meanwhile

    double each() const noexcept {
        const auto most = static_cast<double>(std::max(loaded_bytes, held_bytes));
        return count == 0 ? 0 : (most - static_cast<double>(idle_bytes)) / count;
    }
    /// Of one core, while nothing was said.
    double cpu_percent() const noexcept {
        return held_seconds <= 0 ? 0 : 100 * held_cpu_seconds / held_seconds;
    }
};

struct RestartReport {
    double ready_seconds = 0;     ///< from the first refusal to the first answer
    double notified_seconds = 0;  ///< from the first answer until each watcher had the last state
    std::uint32_t behind = 0;     ///< watchers that lacked acknowledged state when it went down
    std::uint32_t lost = 0;       ///< and those that never got it
    std::uint64_t notifies = 0;   ///< sent after the restart
};

struct VerifyReport {
    std::uint32_t intact = 0;
    std::uint32_t lost = 0;
    std::uint32_t unknown = 0;
    std::vector<std::string> examples;
};

struct Report {
    std::vector<PhaseReport> phases;
    std::optional<MemoryReport> memory;
    std::optional<ConnectionsReport> connections;
    std::optional<RestartReport> restart;
    std::optional<VerifyReport> verify;
    std::uint32_t subscriptions = 0;
    std::uint64_t ended = 0;       ///< subscriptions the server ended unasked
    std::uint64_t unnotified = 0;  ///< SUBSCRIBEs accepted without a NOTIFY
    std::uint64_t unsent = 0;      ///< datagrams this machine did not take
    bool has_server = false;       ///< its process was found

    /// Nothing acknowledged was lost.
    bool is_good() const noexcept;
};

std::string to_text(const Report& report, const Plan& plan);
std::string to_json(const Report& report, const Plan& plan);

}  // namespace herald::cli::bench
