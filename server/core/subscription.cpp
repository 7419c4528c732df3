// server/core/subscription.cpp: one subscription as the notifier holds it: a compact record (RFC
// 6665 4.2).
#include "server/core/subscription.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

constexpr std::size_t head_of(std::size_t width, std::size_t parts) noexcept {
    return 1 + parts * 2 * width;
}

unsigned char* put_number(unsigned char* out, std::size_t width, std::size_t number) noexcept {
    for (std::size_t i = 0; i < width; ++i) *out++ = static_cast<unsigned char>(number >> (8 * i));
    return out;
}

std::size_t number_at(const unsigned char* at, std::size_t width) noexcept {
    return width == 1 ? at[0] : std::size_t{at[0]} | std::size_t{at[1]} << 8;
}

/// A device may watch one call beside all of them (RFC 4235 3.2).
bool names_call(std::string_view event_parameters) {
    while (const auto parameter = sip::next_parameter(event_parameters)) {
        if (base::iequals(parameter->name, "call-id")) return true;
    }
    return false;
}

}  // namespace

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
        slices[i] = {at, part.size()};
    }
    const std::size_t width = characters.size() <= UINT8_MAX ? 1 : 2;
    block_.reset(new unsigned char[head_of(width, kParts) + characters.size()]);
    auto* out = block_.get();
    *out++ = static_cast<unsigned char>(width);
    for (const auto& [offset, size] : slices) {
        out = put_number(out, width, offset);
        out = put_number(out, width, size);
    }
    std::memcpy(out, characters.data(), characters.size());
}

std::size_t PackedText::head() const noexcept {
    return head_of(block_[0], kParts);
}

PackedText::Slice PackedText::slice(std::size_t part) const noexcept {
    const std::size_t width = block_[0];
    const auto* at = block_.get() + 1 + part * 2 * width;
    return {number_at(at, width), number_at(at + width, width)};
}

std::string_view PackedText::operator[](Part part) const noexcept {
    if (!block_) return {};
    const auto [offset, size] = slice(static_cast<std::size_t>(part));
    return {reinterpret_cast<const char*>(block_.get()) + head() + offset, size};
}

PackedText::Parts PackedText::parts() const noexcept {
    Parts result;
    for (std::size_t i = 0; i < kParts; ++i) result[i] = (*this)[static_cast<Part>(i)];
    return result;
}

std::size_t PackedText::size() const noexcept {
    if (!block_) return 0;
    std::size_t end = 0;
    for (std::size_t i = 0; i < kParts; ++i) {
        const auto [offset, size] = slice(i);
        end = std::max(end, offset + size);
    }
    return head() + end;
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

Standing standing_of(SubscriptionState state, Liveness liveness) noexcept {
    const bool is_live = state == SubscriptionState::pending || state == SubscriptionState::active;
    if (is_live && liveness == Liveness::suspect) return Standing::suspect;
    if (is_live && liveness == Liveness::flow_lost) return Standing::flow_lost;
    if (state == SubscriptionState::pending) return Standing::pending;
    if (state == SubscriptionState::active) return Standing::active;
    return state == SubscriptionState::committing ? Standing::committing : Standing::terminated;
}

std::string_view name_of(Standing standing) noexcept {
    static constexpr std::string_view kNames[kStandings] = {
        "committing", "pending", "active", "suspect", "flow_lost", "terminated"};
    return kNames[static_cast<std::size_t>(standing)];
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
    const auto parameters = base::split_once(event, ';').after;
    if (parameters.empty()) return {};
    const auto parsed = sip::parse_event(event);
    if (parsed && parsed->id) return *parsed->id;
    return names_call(parameters) ? parameters : std::string_view{};
}

std::uint32_t seconds_left(base::WallTime expires_at, base::WallTime now) noexcept {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(
        expires_at - now + std::chrono::milliseconds(999));
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left.count(), 0, UINT32_MAX));
}

}  // namespace herald::server
