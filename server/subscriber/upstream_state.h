// server/subscriber/upstream_state.h: the states of a subscription that Herald made at a PBX (RFC
// 6665 4.1).
//
//              due            accepted            notified            due
//   waiting --------> trying ----------> accepted ----------> active ---------> refreshing
//      ^                |                    |                  ^  ^                |   |
//      |                +----- notified -----|------------------+  +-- failed, -----+   |
//      |                |                    |                  |      notified         |
//      |                | refused, failed,   | ended,           | refused, ended,       | refused, ended,
//      |                | ended, overdue     | overdue          | lapsed                | lapsed, overdue
//      +----------------+--------------------+------------------+-----------------------+
//
//   A NOTIFY may come before the answer to its SUBSCRIBE: `accepted` in active changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace herald::server {

enum class UpstreamState : std::uint8_t {
    waiting,     ///< for the next attempt; no dialog
    trying,      ///< the first SUBSCRIBE is under way
    accepted,    ///< ... was answered 2xx; its NOTIFY is owed
    active,      ///< a dialog
    refreshing,  ///< a SUBSCRIBE within it is under way, or its NOTIFY is owed
};
inline constexpr std::size_t kUpstreamStates = 5;
constexpr bool has_dialog(UpstreamState state) noexcept {
    return state == UpstreamState::active || state == UpstreamState::refreshing;
}

enum class UpstreamInput : std::uint8_t {
    due,       ///< time for the next SUBSCRIBE
    accepted,  ///< 2xx
    refused,   ///< an answer that ends the dialog (RFC 6665 4.1.2.2)
    failed,    ///< any other answer, none, or no way to the PBX
    notified,  ///< NOTIFY, active or pending
    ended,     ///< NOTIFY, terminated
    overdue,   ///< Timer N: no NOTIFY
    lapsed,    ///< the granted time is over
};
inline constexpr std::size_t kUpstreamInputs = 8;

/// The table under the drawing; nullopt where an input makes no sense in a state.
std::optional<UpstreamState> next_state(UpstreamState state, UpstreamInput input) noexcept;

std::string_view name_of(UpstreamState state) noexcept;
std::string_view name_of(UpstreamInput input) noexcept;

/// What an answer that is no challenge and no 423 means for a subscription (RFC 6665 4.1.2.2).
UpstreamInput input_of_status(int status) noexcept;

/// What to do after a NOTIFY that ends a subscription (RFC 6665 4.1.3).
enum class Comeback : std::uint8_t {
    soon,           ///< deactivated, timeout, unknown reasons: subscribe again
    later,          ///< probation, giveup: after retry-after
    seldom,         ///< rejected, invariant: RFC says never, but a PBX may be repaired
    resource_gone,  ///< noresource: likewise, and what was known of the resource is dropped
};
Comeback comeback_of(std::string_view reason) noexcept;

}  // namespace herald::server
