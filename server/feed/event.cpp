// server/feed/event.cpp: the names of what happened.
#include "server/feed/event.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace herald::server {

namespace {

constexpr std::array<std::string_view, kEventKinds> kNames{"watcher.pending",
                                                           "watcher.decided",
                                                           "rule.changed",
                                                           "subscription.created",
                                                           "subscription.suspect",
                                                           "subscription.lost",
                                                           "subscription.ended",
                                                           "registration.added",
                                                           "registration.gone",
                                                           "resource.changed",
                                                           "mailbox.changed",
                                                           "auth.refused",
                                                           "pbx.up",
                                                           "pbx.down",
                                                           "events.lost"};

}  // namespace

std::string_view name_of(packages::Cause cause) noexcept {
    using packages::Cause;
    switch (cause) {
        case Cause::made:
            return "registered";
        case Cause::created:
            return "created";
        case Cause::refreshed:
            return "refreshed";
        case Cause::shortened:
            return "shortened";
        case Cause::expired:
            return "expired";
        case Cause::removed:
            return "unregistered";
        case Cause::deactivated:
            return "deactivated";
        case Cause::probation:
            return "probation";
        case Cause::rejected:
            return "rejected";
    }
    return "";
}

std::string_view name_of(EventKind kind) noexcept {
    return kNames[static_cast<std::size_t>(kind)];
}

std::optional<EventKind> event_kind_of(std::string_view name) noexcept {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<EventKind>(found - kNames.begin());
}

std::span<const std::string_view> event_kind_names() noexcept {
    return kNames;
}

std::size_t Event::size() const noexcept {
    std::size_t bytes = sizeof(Event) + resource.capacity() + details.capacity() * sizeof(Detail);
    for (const auto& [name, value] : details) bytes += value.capacity();
    return bytes;
}

std::string to_text(const EventPosition& position) {
    return std::to_string(position.run) + "-" + std::to_string(position.number);
}

std::optional<EventPosition> event_position_of(std::string_view text) noexcept {
    const auto [run, number, found] = base::split_once(text, '-');
    const auto run_number = base::to_u64(run);
    const auto event_number = base::to_u64(number);
    if (!found || !run_number || !event_number || *run_number > UINT32_MAX) return std::nullopt;
    return EventPosition{static_cast<std::uint32_t>(*run_number), *event_number};
}

}  // namespace herald::server
