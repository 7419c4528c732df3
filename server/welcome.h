// server/welcome.h: what a server that is ready prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"
#include "sip/transport.h"

namespace herald::server {

/// A server that is ready, as far as whoever started it wants to know.
struct Welcome {
    std::string_view program;  ///< as it was called: "build/release/herald"
    std::string_view version;
    const Config& config;
    const std::vector<sip::ListenerAddress>& listeners;
    std::string http;  ///< address:port; empty: no HTTP
    std::size_t recovered = 0;
    bool has_new_store = false;
};

/// Where it is served, and from what store.
std::string to_text(const Welcome& welcome);

/// Commands to try next, which reach this server and no other one.
std::string first_steps(const Welcome& welcome);

}  // namespace herald::server
