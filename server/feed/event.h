// server/feed/event.h: what happened, as programs outside are told: its kind, whom it is about, and
// what else there is to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "packages/package.h"

namespace herald::server {

enum class EventKind : std::uint8_t {
    watcher_pending,  ///< somebody waits for the owner's decision
    watcher_decided,
    rule_changed,
    subscription_created,
    subscription_suspect,
    subscription_lost,
    subscription_ended,
    registration_added,
    registration_gone,
    resource_changed,
    mailbox_changed,
    auth_refused,
    pbx_up,
    pbx_down,
    events_lost,  ///< some are missing here: more happened than is kept
};
inline constexpr std::size_t kEventKinds = 15;

/// Why a binding is there, or went: "registered", "expired".
std::string_view name_of(packages::Cause cause) noexcept;

/// "watcher.pending"
std::string_view name_of(EventKind kind) noexcept;
std::optional<EventKind> event_kind_of(std::string_view name) noexcept;
/// All of them, in order.
std::span<const std::string_view> event_kind_names() noexcept;

/// A set of kinds.
class EventKinds {
public:
    constexpr EventKinds() = default;
    static constexpr EventKinds all() noexcept {
        EventKinds kinds;
        kinds.bits_ = (1U << kEventKinds) - 1;
        return kinds;
    }
    constexpr void add(EventKind kind) noexcept { bits_ |= 1U << static_cast<unsigned>(kind); }
    constexpr bool has(EventKind kind) const noexcept {
        return (bits_ >> static_cast<unsigned>(kind) & 1U) != 0;
    }
    constexpr bool is_empty() const noexcept { return bits_ == 0; }

private:
    std::uint32_t bits_ = 0;
};

struct Event {
    using Detail = std::pair<std::string_view, std::string>;  ///< its name is a literal

    EventKind kind = EventKind::resource_changed;
    std::string resource;        ///< whose it is: an AOR, a domain; empty: the server's
    std::string_view package{};  ///< of a Profile, which lives as long as the process; may be empty
    std::vector<Detail> details{};
    base::WallTime at{};
    std::uint32_t run = 0;     ///< of the process that told it; rises with every start
    std::uint64_t number = 0;  ///< from 1 on, without gaps, within its run

    /// Bytes of memory.
    std::size_t size() const noexcept;
};
/// Numbered, and the same for everybody.
using EventPtr = std::shared_ptr<const Event>;

/// Where somebody stands in the feed: "7-1234", the run and the number of the last event he has.
struct EventPosition {
    std::uint32_t run = 0;
    std::uint64_t number = 0;
};
std::string to_text(const EventPosition& position);
std::optional<EventPosition> event_position_of(std::string_view text) noexcept;

}  // namespace herald::server
