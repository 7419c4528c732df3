// server/message/relay_orders.cpp: a MESSAGE that came as it is sent on.
#include "server/message/relay_orders.h"

#include <string_view>
#include <utility>

#include "server/core/answers.h"
#include "server/message/message_text.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

std::string foreign_uri_of(const sip::Uri& uri) {
    std::string text;
    sip::append_request_uri(text, uri);
    return text;
}

/// Those behind our own. Faults: malformed.
Result<std::string> routes_beyond(const sip::Message& request, const Domains& domains) {
    const auto routes = sip::read_routes(request, sip::Header::route);
    if (!routes) return routes;
    std::string_view left = *routes;
    const auto is_ours = [&](std::string_view route) {
        const auto uri = sip::parse_uri(route);
        return uri && domains.is_ours(uri->host);
    };
    while (!left.empty() && is_ours(sip::first_route(left))) left = sip::without_first_route(left);
    return std::string(left);
}

}  // namespace

RelayOrders::RelayOrders(const Context& context, const IncomingMessages& incoming)
    : context_(context),
      incoming_(incoming),
      realm_(context.config.realm.empty() ? context.domains.first() : context.config.realm) {}

RelayOrder RelayOrders::to(std::vector<RelayTarget> targets, const IncomingMessage& incoming,
                           const sip::Message& request) const {
    const bool is_forked = targets.size() > 1 || incoming.max_breadth;
    RelayOrder order;
    order.text = relayed_text(
        request, incoming.source,
        {.realm = realm_, .keeps_identity = incoming.who.is_trusted_peer, .keeps_routes = false});
    order.via_parameter = loop_parameter(context_, request.request_uri());
    order.breadth = is_forked ? incoming.max_breadth.value_or(kDefaultBreadth) : 0;
    order.share = incoming_.share_of(incoming, order.text.size());
    // Where there is no room for it, nobody is there.
    if (order.share) order.targets = std::move(targets);
    order.patience = incoming.patience;
    return order;
}

std::variant<RelayOrder, sip::Answer> RelayOrders::abroad(const IncomingMessage& incoming,
                                                          const Request& request) const {
    const auto routes = routes_beyond(request.message, context_.domains);
    if (!routes) return answer(400, "Malformed Route");
    const auto& proxy = context_.config.outbound_proxy;
    auto target =
        foreign_target(foreign_uri_of(*request.subject.uri), *routes, proxy, incoming.source);
    const bool is_by_proxy = routes->empty() && !proxy.empty();
    if (!is_by_proxy)
        target.credit =
            std::make_shared<Credit>(credit_of(incoming.who, request.message.bytes().size()));
    const bool is_told = is_by_proxy && context_.config.overload_control;
    // RFC 7339 5.10.1: without Retry-After, which would be about this server.
    if (is_told && proxy_load_->holds_back(context_.loop.now()))
        return answer(503, "The next proxy has too much to do");
    auto order = to({std::move(target)}, incoming, request.message);
    if (!is_told) return order;
    order.via_parameter += ProxyLoad::kQuestion;
    order.load = proxy_load_;
    return order;
}

}  // namespace herald::server
