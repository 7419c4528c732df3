// sip/responder.h: writes answers and sends them where they belong (RFC 3261 18.2.2, 3581 4).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "sip/answer.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "sip/overload_control.h"
#include "sip/request_key.h"
#include "sip/target_rules.h"
#include "sip/transport.h"
#include "sip/uri.h"

namespace herald::sip {

struct ResponderOptions {
    std::string server;        ///< Server header value; empty: none
    std::string allow_events;  ///< Allow-Events of 2xx that form dialogs; empty: none
    bool force_rport = false;
    std::shared_ptr<const TargetRules> targets;  ///< null: no own addresses, nothing denied
    std::vector<AddressRange> trusted_peers;
    const base::Clock* overload_clock = nullptr;  ///< null: nobody is told of the load (RFC 7339)
};

/// The scheme of our Contact in an answer to `request` that came over TLS as far as a proxy: sips
/// where it was for one, by a route that is one, or without any route from one (RFC 3261 12.1.1).
Scheme contact_scheme(const Message& request);

/// Where the answer to a datagram from `source` goes: maddr where it comes from a trusted peer,
/// else the source with the port of rport or sent-by.
Endpoint response_target(const Via& via, const Endpoint& source, const ResponderOptions& options);

class Responder {
public:
    Responder(Transport& transport, RequestHasher& hasher, base::Metrics& metrics,
              ResponderOptions options);

    /// Sends `answer` to `request`, which came on `flow`: the same bytes each time. Anybody may
    /// have sent a datagram in another's name: a refusal, or the answer to OPTIONS, is shortened to
    /// less than three times its request. Returns how many bytes it has.
    std::size_t send(const Message& request, const Flow& flow, const Answer& answer);
    /// As Stack::way_back().
    Flow way_back(const Message& request, const Flow& flow) const;
    /// As Stack::contact().
    std::string_view contact(const Flow& flow, Scheme scheme = Scheme::sip,
                             std::string_view peer = {});

private:
    void report_load(const Message& request);
    void append_own_lines(std::string& headers, const Answer& answer) const;
    void write(const Message& request, const Flow& flow, const Answer& answer);
    void shorten(const Message& request, const Flow& flow, const Answer& answer);
    void send_on_stream(const Message& request, const Flow& flow);

    Transport& transport_;
    RequestHasher& hasher_;
    const ResponderOptions options_;
    std::optional<OverloadMeter> meter_;
    std::array<base::Counter*, 7> sent_{};  ///< by class
    base::Counter& shortened_;
    std::vector<std::string> contacts_;  ///< by listener and dialect
    std::string out_;                    ///< the answer being written
};

}  // namespace herald::sip
