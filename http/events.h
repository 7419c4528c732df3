// http/events.h: events as programs read them: JSON, one at a time, as server-sent events (HTML
// 9.2).
#pragma once

#include <cstdint>
#include <string>

#include "base/text_map.h"
#include "http/json.h"
#include "http/tokens.h"
#include "server/feed/event.h"

namespace herald::http {

/// Which events a reader wants, and may have.
struct EventFilter {
    server::EventKinds kinds = server::EventKinds::all();
    base::TextSet resources{};  ///< canonical AORs and domains; empty: any
    std::string package{};      ///< empty: any
    Reach reach{};

    /// That some are lost everybody is told.
    bool passes(const server::Event& event) const;
};

/// What a request for a stream of events comes to.
struct EventOrder {
    EventFilter filter;
    std::uint64_t after = 0;  ///< number of the last event the reader has
    bool has_gap = false;     ///< what came since is not all known here
    std::string token{};      ///< name of the reader's
};

Json json_of(const server::Event& event);
/// The lines of one event, the blank one included.
std::string to_lines(const server::Event& event);

}  // namespace herald::http
