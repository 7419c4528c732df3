// server/message/edge.h: this server as the edge of another one: devices whose domain is elsewhere
// come through it (RFC 5626 5, RFC 3327, RFC 3261 16).
//
//   device ---> for a domain of sip.edge_for ---------------> sip.outbound_proxy, or the domain
//                 REGISTER   Path: <sip:TOKEN@us;lr;ob>          names the device's flow
//                 SUBSCRIBE  Record-Route: <sip:TOKEN@us;lr>
//   device <--- Route: <sip:TOKEN@us;lr>, the flow is open <-- home: 403 a token that is not ours,
//                                                                    430 the flow is gone
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/core/context.h"
#include "server/core/flow_token.h"
#include "server/core/request.h"
#include "server/message/relay.h"

namespace herald::server {

/// One per shard. Keeps nothing but what is on its way: a token says which flow it names.
class Edge {
public:
    Edge(Context& context, sip::Locator& locator);

    /// True: the request is for another server, or for a device of one, and is taken care of.
    bool takes(const Request& request);

private:
    /// Where a request goes.
    struct Journey {
        std::optional<sip::Answer> refusal{};
        std::optional<sip::Flow> down{};  ///< to this device; else up, to the home of the sender
        std::string routes{};             ///< those that follow ours
        bool has_token = false;           ///< ours named its sender's flow
    };

    std::optional<Journey> journey_of(const Request& request) const;
    Journey by_token(std::string_view user, std::string routes, const Request& request) const;
    bool is_for_home_elsewhere(const sip::Message& request) const;
    bool is_ours(const sip::Uri& uri) const;
    std::optional<sip::Answer> refusal_of(const sip::Message& request,
                                          const Journey& journey) const;
    void carry(const Request& request, Journey journey);
    RelayTarget target_of(const Request& request, Journey& journey) const;
    std::string own_lines(const Request& request, const Journey& journey) const;
    std::string own_uri(const sip::Flow& flow, bool is_secure) const;
    void answer_by(sip::ServerTransactionId transaction, const std::optional<sip::Flow>& down,
                   const RelayReport& report);

    Context& context_;
    const FlowTokens tokens_;
    Relay relay_;
    base::Counter& up_;
    base::Counter& down_;
};

}  // namespace herald::server
