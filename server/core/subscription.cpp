// server/core/subscription.cpp: one subscription as the notifier holds it: a compact record (RFC
// 6665 4.2).
#include "server/core/subscription.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "sip/fields.h"

namespace herald::server {

PackedText::PackedText(const Parts& parts) {
    std::size_t most = 0;
    for (const auto part : parts) most += part.size();
    std::string characters;
    characters.reserve(most);
    std::array<Slice, kParts> slices{};
    for (std::size_t i = 0; i < kParts; ++i) {
        const auto part = parts[i].substr(0, UINT16_MAX - characters.size());
        auto at = characters.find(part);
        if (at == std::string::npos) {
            at = characters.size();
            characters += part;
        }
        slices[i] = {static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(part.size())};
    }
    block_.reset(new char[sizeof slices + characters.size()]);
    std::memcpy(block_.get(), slices.data(), sizeof slices);
    std::memcpy(block_.get() + sizeof slices, characters.data(), characters.size());
}

std::string_view PackedText::operator[](Part part) const noexcept {
    if (!block_) return {};
    Slice slice;
    std::memcpy(&slice, block_.get() + static_cast<std::size_t>(part) * sizeof slice, sizeof slice);
    return {block_.get() + kParts * sizeof slice + slice.offset, slice.size};
}

PackedText::Parts PackedText::parts() const noexcept {
    Parts result;
    for (std::size_t i = 0; i < kParts; ++i) result[i] = (*this)[static_cast<Part>(i)];
    return result;
}

std::size_t PackedText::size() const noexcept {
    if (!block_) return 0;
    std::size_t end = kParts * sizeof(Slice);
    for (std::size_t i = 0; i < kParts; ++i) {
        const auto part = (*this)[static_cast<Part>(i)];
        end = std::max(end, static_cast<std::size_t>(part.data() + part.size() - block_.get()));
    }
    return end;
}

std::string_view name_of(EndReason reason) noexcept {
    static constexpr std::string_view kNames[] = {"timeout",     "rejected",  "noresource",
                                                  "deactivated", "probation", "giveup"};
    return kNames[static_cast<std::size_t>(reason)];
}

std::string_view name_of(SubscriptionState state) noexcept {
    static constexpr std::string_view kNames[] = {"committing", "pending", "active", "ending",
                                                  "gone"};
    return kNames[static_cast<std::size_t>(state)];
}

DeviceKey device_key(const Subscription& record) noexcept {
    using Part = PackedText::Part;
    return {record.resource,
            event_id_of(record.get(Part::event)),
            record.get(Part::watcher),
            record.get(Part::instance),
            record.get(Part::remote_target),
            record.get(Part::entity)};
}

std::string_view event_id_of(std::string_view event) noexcept {
    if (event.find(';') == std::string_view::npos) return {};
    const auto parsed = sip::parse_event(event);
    return parsed && parsed->id ? *parsed->id : std::string_view{};
}

std::uint32_t seconds_left(base::WallTime expires_at, base::WallTime now) noexcept {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(
        expires_at - now + std::chrono::milliseconds(999));
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left.count(), 0, UINT32_MAX));
}

}  // namespace herald::server
