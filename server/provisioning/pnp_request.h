// server/provisioning/pnp_request.h: what a phone asks the group 224.0.1.75 when it starts: where
// its configuration is (multicast PnP, a SUBSCRIBE of RFC 6080 that nobody was named in).
//
//   SUBSCRIBE sip:MAC%3a000413ABCDEF@224.0.1.75 SIP/2.0
//   Event: ua-profile;profile-type="device";vendor="snom";model="snomD785";version="10.1"
//   Expires: 0
//   Accept: application/url
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sip/endpoint.h"
#include "sip/message.h"

namespace herald::server {

/// Where all who provision phones are asked.
inline constexpr std::string_view kPnpGroup = "224.0.1.75";
inline constexpr std::uint16_t kPnpPort = 5060;
/// What the answer is: one absolute URL.
inline constexpr std::string_view kPnpType = "application/url";

struct PnpRequest {
    std::string mac;                     ///< twelve hex digits, lower case
    std::string vendor, model, version;  ///< as Event says; empty: it does not
    std::string user_agent;              ///< cut to what a phone's needs
    std::string event;                   ///< the whole value, echoed
    std::string contact;                 ///< URI
};

/// Faults, each with a word to count it by: not_found (none that is meant for us: it is nobody's
/// business to answer), malformed (a phone's, that cannot be answered).
Result<PnpRequest> read_pnp_request(const sip::Message& message);

/// Where a NOTIFY to `contact` goes: to its port where its host is the one that asked, else to
/// where the request came from. Nobody else can be named.
sip::Endpoint pnp_target(std::string_view contact, const sip::Endpoint& source);

/// `pattern` with {mac}, {MAC}, {vendor}, {model} and {version} put in, escaped for a URL.
std::string pnp_url(std::string_view pattern, const PnpRequest& request);

/// Twelve hex digits of a MAC address that `text` consists of, with colons or hyphens between pairs
/// or without; lower case. Empty: it is none, or a group's.
std::string mac_from(std::string_view text);
/// The MAC address that a User-Agent names: "snomD785/10.1.64.14 000413ABCDEF", "... (MAC=...)".
/// Empty: none.
std::string mac_in(std::string_view user_agent);

}  // namespace herald::server
