// server/message/relay_orders.h: a MESSAGE that came as it is sent on: to devices, or to the domain
// of its recipient.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "server/core/context.h"
#include "server/core/request.h"
#include "server/message/incoming_message.h"
#include "server/message/proxy_load.h"
#include "server/message/relay.h"

namespace herald::server {

/// One per shard, on its thread. All outlive it.
class RelayOrders {
public:
    RelayOrders(const Context& context, const IncomingMessages& incoming);

    /// To `targets`; to none where there is no memory for it.
    RelayOrder to(std::vector<RelayTarget> targets, const IncomingMessage& incoming,
                  const sip::Message& request) const;
    /// By its own routes, the operator's proxy, or to the servers of the domain; or why not.
    std::variant<RelayOrder, sip::Answer> abroad(const IncomingMessage& incoming,
                                                 const Request& request) const;

private:
    const Context& context_;
    const IncomingMessages& incoming_;
    std::string realm_;
    std::shared_ptr<ProxyLoad> proxy_load_ = std::make_shared<ProxyLoad>();
};

}  // namespace herald::server
