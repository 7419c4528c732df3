// server/message/proxy_load.h: how much the proxy for other domains wants held back (RFC 7339).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/id.h"
#include "base/time.h"

namespace herald::server {

/// What it said last, in the Via of its answers. One per shard.
class ProxyLoad {
public:
    /// What a Via says to be told (RFC 7339 4.1, 4.2).
    static constexpr std::string_view kQuestion = ";oc;oc-algo=\"loss\"";

    /// `via` is our own, as it came back.
    void learn(std::string_view via, base::Instant now);
    /// Whether the next request is one of those that are not sent. By lot, so that senders who come
    /// in turn fare alike.
    bool holds_back(base::Instant now);

private:
    unsigned percent_ = 0;
    double sequence_ = 0;  ///< of the report: an earlier one that comes late says nothing
    base::Instant until_{};
    std::uint64_t lot_ = base::random_u64();
};

}  // namespace herald::server
