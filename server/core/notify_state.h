// server/core/notify_state.h: how far a subscription's NOTIFY has come: whether its watcher is owed
// one, and whether one is on its way (RFC 6665 4.2.2).
//
//               change           due               depart          delivered
//   untold ----------> news ----------> news_due ---------+--> out ----------> told
//   told                 |                  |             |     | change, demand
//        |               | demand           | demand      |     v
//        | demand        v       due        v             |   out_news ---------> news
//        +-----------> sync ----------> sync_due ---------+   out_sync ---------> sync
//                                                               delivered, failed
//   `unchanged` leads from news to told, `given_up` from what is owed to untold, `doubt` from told
//   to untold. With parts still to come `depart_in_part` leads to out_news or out_sync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace herald::server {

enum class NotifyState : std::uint8_t {
    untold,    ///< nothing is owed, and it is not known to have the document: the next change tells
    told,      ///< it answered the latest document
    news,      ///< the document may not be the one it has
    news_due,  ///< ... and it has waited long enough
    sync,      ///< owed a NOTIFY whatever the document (RFC 6665 4.2.1.2)
    sync_due,
    out,       ///< one is on its way
    out_news,  ///< ... and the document may have changed meanwhile
    out_sync,  ///< ... and another is owed whatever the document
};
inline constexpr std::size_t kNotifyStates = 9;

enum class NotifyInput : std::uint8_t {
    change,          ///< the document may be another one
    demand,          ///< a SUBSCRIBE, a grant, an end, or a try that failed: owed in any case
    due,             ///< no pause and no silence holds it back any more
    depart,          ///< sent
    depart_in_part,  ///< sent, and another part is to follow
    delivered,       ///< answered 2xx
    failed,          ///< answered otherwise, not at all, or not worth waiting for
    unchanged,       ///< it has the document already
    given_up,        ///< this document is not tried again
    doubt,           ///< what it has may not be what it should have, as of a change under way
};
inline constexpr std::size_t kNotifyInputs = 10;

/// The table under the drawing; nullopt where an input makes no sense.
std::optional<NotifyState> next_notify_state(NotifyState from, NotifyInput input) noexcept;
std::string_view name_of(NotifyState state) noexcept;

/// One is on its way.
constexpr bool is_out(NotifyState state) noexcept {
    return state >= NotifyState::out;
}
/// Another NOTIFY must follow, or be found needless.
constexpr bool is_owed(NotifyState state) noexcept {
    return state >= NotifyState::news && state != NotifyState::out;
}
/// ... even if the document is the one sent before.
constexpr bool is_forced(NotifyState state) noexcept {
    return state == NotifyState::sync || state == NotifyState::sync_due ||
           state == NotifyState::out_sync;
}
constexpr bool is_due(NotifyState state) noexcept {
    return state == NotifyState::news_due || state == NotifyState::sync_due;
}

}  // namespace herald::server
