// cli/bench/bench_ports.cpp: the many ways the load generator has to one server.
#include "cli/bench/bench_ports.h"

#include <cerrno>
#include <cstring>

#include <sys/resource.h>

#include "cli/bench/bench_socket.h"
#include "cli/bench/bench_streams.h"

namespace herald::cli::bench {
namespace {

constexpr int kSpareDescriptors = 64;

}  // namespace

Status allow_descriptors(std::uint32_t count) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t wanted = rlim_t{count} + kSpareDescriptors;
    if (limit.rlim_cur >= wanted) return {};
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted) {
        return Fault{FaultKind::limit_reached, "only " + std::to_string(limit.rlim_max) +
                                                   " files may be open: lower --ports"};
    }
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
    return Fault{FaultKind::io, std::string("raising the limit of files: ") + std::strerror(errno)};
}

Result<std::unique_ptr<Ports>> Ports::open(const Way& way, std::uint32_t count) {
    if (Status allowed = allow_descriptors(count); !allowed) return allowed.fault();
    return way.protocol == sip::Protocol::udp ? Datagrams::open(way.server, count)
                                              : Streams::open(way, count);
}

}  // namespace herald::cli::bench
