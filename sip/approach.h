// sip/approach.h: where requests to a device go, decided from the request it came with (RFC 3261
// 12.2.1.1, 3581, 5626, 3327).
//
//   its request came                                                     approach
//   with a Record-Route or Path                                          route
//   through a proxy that did not record itself, Contact reachable        contact, then flow
//   by a stream, or by UDP asking for rport, or from behind a NAT        flow, then contact
//   by UDP, without rport, from where it says it is                      contact, then flow
//   behind a NAT with a private Contact; Contact in .invalid; RFC 5626   flow alone
//   with a Contact in a domain of ours (a GRUU)                          flow, then its bindings
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/endpoint.h"
#include "sip/message.h"
#include "sip/uri.h"

namespace herald::sip {

/// Which way is the first. One byte, kept with the dialog or binding, over a restart too.
enum class Approach : std::uint8_t {
    flow,        ///< the flow its last request came by; the Contact where that is gone
    flow_alone,  ///< nothing else leads there
    contact,     ///< the Contact; the flow where that fails
    route,       ///< the first of its routes, by the flow where that comes from there
    gruu,        ///< the flow while it answers, then what its instance registered last
};
/// A word for the store: "flow", "flow-alone", "contact", "route", "gruu".
std::string_view name_of(Approach approach) noexcept;
std::optional<Approach> approach_of_name(std::string_view name) noexcept;

/// The SUBSCRIBE or REGISTER of a device, as far as it decides the way back.
struct Arrival {
    const Message& request;
    const Flow& flow;
    const Uri* contact;            ///< nullptr: one that cannot be read
    std::string_view routes;       ///< route set or Path, as read_routes() gives it
    bool is_contact_ours = false;  ///< the Contact leads to this server: a GRUU
    bool has_outbound = false;     ///< RFC 5626 was applied to this binding
    bool is_rport_forced = false;  ///< the operator's: UDP goes back to its source
};
/// The one place where this is decided, for dialogs and bindings alike.
Approach approach_of(const Arrival& arrival);

/// Whether the flow itself is the first way: nothing is to be looked up while it answers.
bool is_flow_first(Approach approach, const Flow& flow) noexcept;

/// Where a request may go: by a flow that is there, or to the addresses a URI leads to.
struct Leg {
    std::optional<Flow> flow;
    std::string uri;
    Endpoint named_by;  ///< who named the URI, for TargetRules; none: the operator
    friend bool operator==(const Leg&, const Leg&) = default;
};

/// A device as it is known when something is to be sent to it.
struct Device {
    Approach approach = Approach::flow;
    std::optional<Flow> flow;  ///< nullopt: a stream of an earlier run
    std::string_view contact;  ///< URI, or the remote target
    std::string_view routes;
    Endpoint named_by;  ///< where what it said of itself came from
};
/// What to try, in order: legs for a Path (sip/path.h). `newest` is, for Approach::gruu, what the
/// same instance registered last; nullptr where it did not.
std::vector<Leg> legs_to(const Device& device, const Device* newest = nullptr);

}  // namespace herald::sip
