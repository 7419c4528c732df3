// tests/unit/pidf/sample.h: short ways to write PIDF down and to look at it.
#pragma once

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "pidf/compose.h"
#include "pidf/pidf.h"

namespace herald::pidf {

inline constexpr std::string_view kRoot =
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:pidf='urn:ietf:params:xml:ns:pidf'"
    " xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
    "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'"
    " xmlns:ts='urn:ietf:params:xml:ns:pidf:timed-status' xmlns:op='urn:oma:xml:prs:pidf:oma-pres'"
    " entity='sip:a@x'>";

inline std::string in_presence(std::string_view content) {
    return std::string(kRoot) + std::string(content) + "</presence>";
}

inline Presence admitted(std::string_view body) {
    auto presence = parse_presence(body);
    if (!presence) FAIL(presence.fault().detail);
    return std::move(*presence);
}

inline std::string refusal(std::string_view body) {
    const auto presence = parse_presence(body);
    return presence ? "accepted" : presence.fault().detail;
}

inline base::WallTime at_minute(int minutes) {
    return base::WallTime(std::chrono::seconds(1'800'000'000) + std::chrono::minutes(minutes));
}

/// What a watcher of sip:a@x sees if `body` is all there is.
inline std::string composed(std::string_view body) {
    const Presence presence = admitted(body);
    const Contribution only{"tag", 0, at_minute(0), &presence};
    return render_pidf(resolve({&only, 1}, at_minute(0)), "sip:a@x", "sip:a@x").body;
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}
inline int count(std::string_view text, std::string_view part) {
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + 1))
        ++found;
    return found;
}

}  // namespace herald::pidf
