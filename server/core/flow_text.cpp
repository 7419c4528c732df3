// server/core/flow_text.cpp: a flow as text: how subscriptions and bindings keep it in the store.
#include "server/core/flow_text.h"

#include <array>

#include "base/text.h"

namespace herald::server {

namespace {

constexpr std::string_view kUnproven = " unproven";

std::optional<std::uint32_t> number_of(std::string_view text) {
    const auto number = base::to_u64(text);
    if (!number || *number > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::string to_text(const sip::Flow& flow) {
    std::string text(sip::uri_name(flow.protocol));
    text += ' ';
    base::append_number(text, flow.listener);
    text += ' ';
    text += flow.peer.to_string();
    if (const auto local = flow.local(); local.is_valid())
        text.append(" ").append(local.uri_host());
    return text;
}

std::string to_text(const sip::Flow& flow, sip::Approach approach) {
    return to_text(flow).append(" ").append(sip::name_of(approach));
}

sip::Flow flow_from_text(std::string_view text) {
    sip::Flow flow;
    const auto protocol = base::split_once(text, ' ');
    const auto listener = base::split_once(protocol.after, ' ');
    flow.protocol = sip::protocol_of(protocol.before).value_or(sip::Protocol::udp);
    flow.listener = static_cast<std::uint8_t>(base::to_u64(listener.before).value_or(0));
    const auto address_and_rest = base::split_once(listener.after, ' ');
    const auto address = address_and_rest.before;
    const auto next = base::split_once(address_and_rest.after, ' ').before;
    // A word otherwise.
    const bool is_address = !next.empty() && (base::is_digit(next.front()) || next.front() == '[');
    if (const auto local = is_address ? sip::Endpoint::from(next, 0) : std::nullopt)
        flow.leave_from(*local);
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos) return flow;
    const auto port = base::to_u64(address.substr(colon + 1)).value_or(0);
    if (const auto peer =
            sip::Endpoint::from(address.substr(0, colon), static_cast<std::uint16_t>(port))) {
        flow.peer = *peer;
    }
    return flow;
}

std::string binding_flow(const sip::Flow& flow, std::uint32_t epoch) {
    std::string text = to_text(flow);
    if (!sip::is_reliable(flow.protocol)) return text;
    for (const std::uint32_t part :
         {std::uint32_t{flow.shard}, flow.slot, flow.generation, epoch}) {
        text += ' ';
        base::append_number(text, part);
    }
    return text;
}

std::string binding_flow(const sip::Flow& flow, std::uint32_t epoch, sip::Approach approach,
                         bool is_proven) {
    std::string text = binding_flow(flow, epoch);
    if (!is_proven && !sip::is_reliable(flow.protocol)) text += kUnproven;
    return text.append(" ").append(sip::name_of(approach));
}

bool is_proven_in(std::string_view text) noexcept {
    return text.find(kUnproven) == std::string_view::npos;
}

std::optional<sip::Approach> approach_in(std::string_view text) noexcept {
    return sip::approach_of_name(text.substr(text.rfind(' ') + 1));
}

std::string_view own_stream(std::string_view text) noexcept {
    const auto protocol = sip::protocol_of(base::split_once(text, ' ').before);
    if (!protocol || !sip::is_reliable(*protocol)) return {};
    const auto approach = approach_in(text);
    if (!approach) return text;
    const bool is_through_proxy =
        *approach == sip::Approach::route || *approach == sip::Approach::contact;
    return is_through_proxy ? std::string_view() : text.substr(0, text.rfind(' '));
}

std::optional<sip::Flow> flow_of_binding(std::string_view text, std::uint32_t epoch) {
    sip::Flow flow = flow_from_text(text);
    if (!flow.peer.is_valid()) return std::nullopt;
    if (!sip::is_reliable(flow.protocol)) return flow;
    std::array<std::string_view, 7> parts;
    std::size_t count = 0;
    for (base::Split split{{}, text, true}; split.found && count < parts.size();) {
        split = base::split_once(split.after, ' ');
        parts[count++] = split.before;
    }
    if (count < parts.size() || number_of(parts[6]) != epoch) return std::nullopt;
    const auto shard = number_of(parts[3]);
    const auto slot = number_of(parts[4]);
    const auto generation = number_of(parts[5]);
    if (!shard || *shard > UINT16_MAX || !slot || !generation) return std::nullopt;
    flow.shard = static_cast<std::uint16_t>(*shard);
    flow.slot = *slot;
    flow.generation = *generation;
    return flow;
}

}  // namespace herald::server
