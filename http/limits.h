// http/limits.h: what strangers may take of the HTTP server.
#pragma once

#include <chrono>
#include <cstddef>

namespace herald::http {

struct Limits {
    std::size_t connections = 1024;    ///< above it the one that has waited longest gives way
    std::size_t event_streams = 4000;  ///< beside those
    std::size_t event_streams_per_token = 1000;
    std::size_t buffer = 64 << 20;   ///< bytes of requests and answers, all together
    std::size_t max_body = 1048576;  ///< bytes
    std::chrono::seconds head_timeout{5};
    std::chrono::seconds heartbeat{15};        ///< for readers of events
    std::chrono::seconds request_timeout{15};  ///< for a body, and for 64 KiB of an answer
};

}  // namespace herald::http
