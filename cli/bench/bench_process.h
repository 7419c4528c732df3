// cli/bench/bench_process.h: what a process of this machine uses, read from /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/bench/bench_ports.h"

namespace herald::cli::bench {

/// What a process used since it was started; threads that ended may be missing.
struct Usage {
    double user_seconds = 0;
    double system_seconds = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t written_bytes = 0;  ///< sent to storage; 0 where that may not be read

    double seconds() const noexcept { return user_seconds + system_seconds; }
};

/// nullopt: no such process.
std::optional<Usage> usage_of(int pid);

/// Processor time of a process and of all its children, those that ended included; 0: there is no
/// such process.
double seconds_of_family(int pid);

/// Who has a socket bound to the port of a server, as far as we may see. The first one found.
std::optional<int> owner_of_port(const Way& way);

/// CPU times out of /proc/PID/stat; `ticks` of them are a second.
std::optional<Usage> read_stat(std::string_view stat, long ticks);
/// What a process is to others, out of /proc/PID/stat.
struct Kinship {
    int parent = 0;
    double seconds_of_ended = 0;  ///< that children used which ended
};
std::optional<Kinship> read_kinship(std::string_view stat, long ticks);
/// Inode of the socket bound to `port` out of /proc/net/udp, udp6, tcp or tcp6; of streams the one
/// that listens.
std::optional<std::string> inode_of_port(std::string_view table, std::uint16_t port);

/// "AMD EPYC ..., 2 CPUs, Linux 6.1"
std::string machine();

}  // namespace herald::cli::bench
