// sip/responder.h: writes answers and sends them where they belong (RFC 3261 18.2.2, 3581 4).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "sip/answer.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "sip/request_key.h"
#include "sip/transport.h"

namespace herald::sip {

/// Where the answer to a datagram from `source` goes: maddr, else the source with the port of rport
/// or sent-by.
Endpoint response_target(const Via& via, const Endpoint& source, bool force_rport);

struct ResponderOptions {
    std::string server;  ///< Server header value; empty: none
    bool force_rport = false;
};

class Responder {
public:
    Responder(Transport& transport, RequestHasher& hasher, base::Metrics& metrics,
              ResponderOptions options);

    /// Sends `answer` to `request`, which came on `flow`: the same bytes each time.
    void send(const Message& request, const Flow& flow, const Answer& answer);
    /// As Stack::contact().
    std::string_view contact(const Flow& flow);

private:
    void write(const Message& request, const Flow& flow, const Answer& answer);
    void send_on_stream(const Message& request, const Flow& flow);

    Transport& transport_;
    RequestHasher& hasher_;
    const ResponderOptions options_;
    std::array<base::Counter*, 7> sent_{};  ///< by class
    std::vector<std::string> contacts_;     ///< by listener
    std::string out_;                       ///< the answer being written
};

}  // namespace herald::sip
