// sip/approach.cpp: where requests to a device go (RFC 3261 12.2.1.1, 3581, 5626, 3327).
#include "sip/approach.h"

#include <array>

#include "base/text.h"
#include "sip/dialog_request.h"
#include "sip/parts.h"
#include "sip/uri.h"

namespace herald::sip {
namespace {

constexpr std::array<std::string_view, 5> kApproaches{"flow", "flow-alone", "contact", "route",
                                                      "gruu"};

/// `.invalid` names no place (RFC 2606 2, RFC 7118 5).
bool names_no_place(std::string_view host) noexcept {
    constexpr std::string_view kSuffix = ".invalid";
    return base::iequals(host, kSuffix.substr(1)) ||
           (host.size() > kSuffix.size() &&
            base::iequals(host.substr(host.size() - kSuffix.size()), kSuffix));
}

/// What the device said and what was seen of it.
struct Sight {
    std::optional<Endpoint> contact;  ///< numeric, port 0
    std::optional<Endpoint> sent_by;  ///< of its own Via, numeric, port 0
    std::optional<Endpoint> source;   ///< where its request came from
    bool is_direct = false;           ///< one Via: no proxy between
};

std::optional<Endpoint> without_port(const Endpoint& endpoint) {
    Endpoint address = endpoint;
    address.set_port(0);
    return address;
}

/// The device's Via, the last one; `is_alone`: no proxy added another. Without a host if it cannot
/// be read.
Via own_via(const Message& request, bool& is_alone) {
    const Via& top = request.via();
    is_alone =
        request.count(Header::via) == 1 && top.text.size() == request.header(Header::via)->size();
    if (is_alone) return top;
    const auto vias = request.list(Header::via);
    is_alone = vias.size() <= 1;
    Via own;
    if (vias.empty() || read_via(vias.back(), own) != nullptr) return {};
    return own;
}

Sight sight_of(const Arrival& arrival, const Uri& contact) {
    Sight sight;
    sight.contact = Endpoint::from(contact.host, 0);
    const auto own = own_via(arrival.request, sight.is_direct);
    sight.sent_by = Endpoint::from(own.host, 0);
    if (sight.is_direct) {
        sight.source = without_port(arrival.flow.peer);
    } else if (own.has_received) {
        sight.source = Endpoint::from(own.received, 0);
    }
    return sight;
}

/// The device is not where it says it is. Ports do not tell: many send from another one than they
/// listen on.
bool is_behind_nat(const Sight& sight) {
    if (!sight.source) return false;
    const auto is_elsewhere = [&](const std::optional<Endpoint>& address) {
        const bool is_one_machine =
            address && address->is_loopback() && sight.source->is_loopback();
        return address && *address != *sight.source && !is_one_machine;
    };
    if (is_elsewhere(sight.sent_by)) return true;
    return sight.contact && sight.contact->is_private() && is_elsewhere(sight.contact);
}

Approach without_route(const Arrival& arrival, const Uri& contact) {
    const Sight sight = sight_of(arrival, contact);
    const bool is_nat = is_behind_nat(sight);
    const bool is_hidden = is_nat && sight.contact && sight.contact->is_private();
    if (arrival.has_outbound || names_no_place(contact.host) || is_hidden)
        return Approach::flow_alone;
    if (arrival.is_contact_ours) return Approach::gruu;
    if (!sight.is_direct) return Approach::contact;
    const bool is_answered_at_source = arrival.request.via().has_rport || arrival.is_rport_forced;
    const bool is_flow = is_reliable(arrival.flow.protocol) || is_answered_at_source || is_nat;
    return is_flow ? Approach::flow : Approach::contact;
}

void append_flow(std::vector<Leg>& legs, const Device& device) {
    if (device.flow) legs.push_back({device.flow, {}, {}});
}

void append_uri(std::vector<Leg>& legs, const Device& device, std::string_view uri) {
    if (!uri.empty()) legs.push_back({std::nullopt, std::string(uri), device.named_by});
}

void append_flow_and_uri(std::vector<Leg>& legs, const Device& device, std::string_view uri) {
    append_flow(legs, device);
    append_uri(legs, device, uri);
}

void append_uri_and_flow(std::vector<Leg>& legs, const Device& device, std::string_view uri) {
    append_uri(legs, device, uri);
    append_flow(legs, device);
}

}  // namespace

std::string_view name_of(Approach approach) noexcept {
    return kApproaches[static_cast<std::size_t>(approach)];
}

std::optional<Approach> approach_of_name(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kApproaches.size(); ++i) {
        if (kApproaches[i] == name) return static_cast<Approach>(i);
    }
    return std::nullopt;
}

Approach approach_of(const Arrival& arrival) {
    if (!arrival.routes.empty()) return Approach::route;
    const Uri* const contact = arrival.contact;
    return contact ? without_route(arrival, *contact) : Approach::flow_alone;
}

bool is_flow_first(Approach approach, const Flow& flow) noexcept {
    if (approach == Approach::route) return is_reliable(flow.protocol);
    return approach != Approach::contact;
}

std::vector<Leg> legs_to(const Device& device, const Device* newest) {
    std::vector<Leg> legs;
    legs.reserve(2);
    switch (device.approach) {
        case Approach::flow:
            append_flow_and_uri(legs, device, device.contact);
            break;
        case Approach::flow_alone:
            append_flow(legs, device);
            break;
        case Approach::contact:
            append_uri_and_flow(legs, device, device.contact);
            break;
        case Approach::route: {
            const std::string_view hop = first_route(device.routes);
            const bool is_stream = device.flow && is_flow_first(device.approach, *device.flow);
            is_stream ? append_flow_and_uri(legs, device, hop)
                      : append_uri_and_flow(legs, device, hop);
            break;
        }
        case Approach::gruu:
            append_flow(legs, device);
            if (newest) {
                for (Leg& leg : legs_to(*newest)) legs.push_back(std::move(leg));
            }
            append_uri(legs, device, device.contact);
            break;
    }
    return legs;
}

}  // namespace herald::sip
