// pidf/watcherinfo.h: watcher information documents: who watches a resource (RFC 3858).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace herald::pidf {

inline constexpr std::string_view kWatcherinfoType = "application/watcherinfo+xml";

/// One <watcher>. The views are borrowed.
struct WatcherElement {
    std::uint64_t id = 0;                              ///< written as "w" and the number: a token
    std::string_view uri;                              ///< empty: nobody knows who it is
    std::string_view status;                           ///< pending, active, waiting, terminated
    std::string_view event;                            ///< what led to it
    std::optional<std::uint32_t> duration_subscribed;  ///< seconds
    std::optional<std::uint32_t> expiration;           ///< seconds left
};

/// One document with its one list.
struct Watcherinfo {
    bool is_full = true;
    std::string_view resource;
    std::string_view package;
    std::vector<WatcherElement> watchers;
};

/// A document without its version number, which is each subscription's own.
struct WatcherinfoText {
    std::string text;
    std::size_t version_at = 0;  ///< where in `text` the digits go
};
WatcherinfoText to_text(const Watcherinfo& watcherinfo);

}  // namespace herald::pidf
