// server/message/edge.h: this server as the edge of another one: devices whose domain is elsewhere
// come through it (RFC 5626 5, RFC 3327, RFC 3261 16).
//
//   device ---> for a domain of sip.edge_for ---------------> sip.outbound_proxy, or the domain
//                 REGISTER            Path: <sip:TOKEN@us;lr;ob>       names the device's flow
//                 SUBSCRIBE, INVITE   Record-Route: <sip:TOKEN@us;lr>
//   device <--- Route: <sip:TOKEN@us;lr>, the flow is open <-- home: 403 a token that is not ours,
//                                                                    430 the flow is gone
//
// What comes up a flow goes to the home its token names, whatever further Routes say. Calls go
// through without a transaction (message/passage.h), all else with one (message/relay.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/core/context.h"
#include "server/core/flow_token.h"
#include "server/core/request.h"
#include "server/message/passage.h"
#include "server/message/relay.h"

namespace herald::server {

/// One per shard. Keeps nothing but what is on its way: a token says which flow it names.
class Edge {
public:
    Edge(Context& context, sip::Locator& locator);

    /// As sip::RequestHandler says.
    sip::Role role_for(const sip::Message& request, const sip::Flow& flow) const;
    void pass_on(const sip::Message& request, const sip::Flow& flow);
    bool pass_back(const sip::Message& answer) { return passage_.send_back(answer); }
    /// True: the request is for another server, or for a device of one, and is taken care of.
    bool takes(const Request& request);

private:
    /// Where a request goes.
    struct Journey {
        std::optional<sip::Answer> refusal{};
        std::optional<sip::Flow> down{};  ///< to this device; else up, to the home of the sender
        std::string home{};               ///< the domain of that
        std::string routes{};             ///< those that follow ours
    };

    std::optional<Journey> journey_of(const sip::Message& request, const sip::Flow& flow) const;
    Journey by_token(std::string_view user, std::string routes, const sip::Message& request,
                     const sip::Flow& flow) const;
    std::string home_of(std::string_view host) const;
    std::string home_of_sender(const sip::Message& request) const;
    bool is_ours(const sip::Uri& uri) const;
    std::optional<sip::Answer> refusal_of(const sip::Message& request,
                                          const Journey& journey) const;
    void carry(const Request& request, Journey journey);
    RelayTarget target_of(const sip::Message& request, Journey& journey) const;
    std::string text_of(const sip::Message& request, const sip::Flow& flow,
                        const Journey& journey) const;
    std::string loop_mark(const sip::Message& request, const Journey& journey) const;
    std::string own_lines(const sip::Message& request, const sip::Flow& flow,
                          const Journey& journey) const;
    std::string own_uri(const FlowToken& token, bool is_secure) const;
    void answer_by(sip::ServerTransactionId transaction, const sip::Flow& flow,
                   const std::optional<sip::Flow>& down, const RelayReport& report);
    void set_flow_timer(std::string& headers, const sip::Flow& flow) const;

    Context& context_;
    const FlowTokens tokens_;
    Relay relay_;
    Passage passage_;
    base::Counter& up_;
    base::Counter& down_;
};

}  // namespace herald::server
