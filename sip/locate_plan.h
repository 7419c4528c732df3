// sip/locate_plan.h: the decisions of RFC 3263 4 without the questions to DNS: what to ask next,
// and in which order to try.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sip/endpoint.h"
#include "sip/locate.h"
#include "sip/uri.h"

namespace herald::sip {

/// What of a URI decides where to look (RFC 3263 4.1).
struct Sought {
    std::string host;                   ///< maddr where there is one; IPv6 without brackets
    std::uint16_t port = 0;             ///< 0: none given
    bool is_secure = false;             ///< sips
    std::optional<Protocol> transport;  ///< as given; under sips what it becomes over TLS
};
/// Faults: malformed (no SIP URI), unreachable (a transport that is not known, or not secure under
/// sips).
Result<Sought> sought_by(const Uri& uri);

/// 5060, 5061, 80, 443 (RFC 3261 19.1.2, 7118 5.5).
std::uint16_t default_port(Protocol protocol) noexcept;
/// The protocol where neither the URI nor DNS names one: UDP, or TLS under sips.
Protocol default_protocol(const Sought& sought) noexcept;
/// As default_protocol, but what is not spoken gives way to the first that is and is as secure;
/// nullopt where there is none, or another transport was asked for.
std::optional<Protocol> choose_protocol(const Sought& sought, const std::vector<Protocol>& spoken);

struct NaptrRecord {
    std::uint16_t order = 0;
    std::uint16_t preference = 0;
    std::string flags, service, replacement;
};

struct SrvRecord {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string host;
};

/// A name to ask SRV records for, and what is spoken there.
struct Service {
    Protocol protocol;
    std::string name;
};

/// A host to ask addresses for.
struct Hop {
    Protocol protocol;
    std::uint16_t port;
    std::string host;
};

/// The services of `records` we may and can use, by order and preference (RFC 3263 4.1, 7118 7).
std::vector<Service> services_of(std::vector<NaptrRecord> records, const Sought& sought,
                                 const std::vector<Protocol>& spoken);
/// The services to ask for where NAPTR names none: of the transport given, else of all we speak.
std::vector<Service> services_of(const Sought& sought, const std::vector<Protocol>& spoken);

/// By priority, and within one priority drawn by weight (RFC 2782), with `random` drawing 64 bits.
/// Records that say "no service here" (target ".") are left out, and all behind the first 128.
std::vector<SrvRecord> in_order_of_trial(std::vector<SrvRecord> records, std::uint64_t (*random)());

}  // namespace herald::sip
