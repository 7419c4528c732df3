// server/message/edge.cpp: this server as the edge of another one (RFC 5626 5, RFC 3327, RFC 3261
// 16).
#include "server/message/edge.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/address/own_address.h"
#include "server/core/answers.h"
#include "server/message/message_text.h"
#include "server/message/relay_targets.h"
#include "server/register/register_decision.h"
#include "sip/dialog_request.h"

namespace herald::server {

namespace {

/// Memory of a request on its way, beside its text.
constexpr std::size_t kAround = 2000;

base::Counter& counter(base::Metrics& metrics, const char* direction) {
    return metrics.counter("herald_edge_requests_total",
                           "Requests carried between devices and their servers elsewhere",
                           {{"direction", direction}});
}

bool is_first_hop(const sip::Message& request) {
    return request.list(sip::Header::via).size() == 1;
}

bool makes_dialog(const sip::Message& request) {
    return request.method() == sip::Method::subscribe && request.to_tag().empty();
}

std::string unsupported_by_proxy(const sip::Message& request) {
    std::string tags;
    for (const auto tag : request.list(sip::Header::proxy_require)) {
        if (!tags.empty()) tags += ", ";
        tags += tag;
    }
    return tags;
}

}  // namespace

Edge::Edge(Context& context, sip::Locator& locator)
    : context_(context),
      tokens_(context.home),
      relay_(context, locator),
      up_(counter(context.metrics, "up")),
      down_(counter(context.metrics, "down")) {}

bool Edge::takes(const Request& request) {
    if (context_.config.edge_for.empty()) return false;
    auto journey = journey_of(request);
    if (!journey) return false;
    if (!journey->refusal) journey->refusal = refusal_of(request.message, *journey);
    if (journey->refusal) {
        context_.stack.answer(request.id, *journey->refusal);
    } else {
        carry(request, *std::move(journey));
    }
    return true;
}

/// nullopt: it is not for the edge.
std::optional<Edge::Journey> Edge::journey_of(const Request& request) const {
    const auto routes = sip::read_routes(request.message, sip::Header::route);
    if (!routes) return std::nullopt;
    const auto first = sip::parse_uri(sip::first_route(*routes));
    if (first && FlowTokens::is_one(first->user) && is_ours(*first))
        return by_token(first->user, std::string(sip::without_first_route(*routes)), request);
    // Without a token a route leads no further: nobody sends through us to where he likes.
    if (is_for_home_elsewhere(request.message)) return Journey();
    return std::nullopt;
}

/// RFC 5626 5.3: a request that comes by the flow itself goes out, any other goes down it.
Edge::Journey Edge::by_token(std::string_view user, std::string routes,
                             const Request& request) const {
    const auto flow = tokens_.read(user);
    if (!flow && flow.fault().kind == FaultKind::forbidden)
        return {.refusal = answer(403, flow.fault().detail)};
    if (flow && is_same_flow(*flow, request.flow))
        return {.routes = std::move(routes), .has_token = true};
    if (!flow || !context_.stack.transport().is_open(*flow)) return {.refusal = answer(430)};
    return {.down = *flow, .routes = std::move(routes), .has_token = true};
}

bool Edge::is_for_home_elsewhere(const sip::Message& request) const {
    const auto uri = sip::parse_uri(request.request_uri());
    const auto& all = context_.config.edge_for;
    return uri && std::any_of(all.begin(), all.end(), [&](const std::string& domain) {
               return base::iequals(domain, uri->host);
           });
}

bool Edge::is_ours(const sip::Uri& uri) const {
    const auto listeners = context_.stack.transport().listeners();
    return is_own_address(uri, context_.domains, listeners) ||
           std::any_of(listeners.begin(), listeners.end(), [&](const auto& listener) {
               return base::iequals(listener.host, uri.host) &&
                      (uri.port == 0 || uri.port == listener.port);
           });
}

/// RFC 3261 16.3; RFC 3327 5.2: without a Path nothing comes back to a device.
std::optional<sip::Answer> Edge::refusal_of(const sip::Message& request,
                                            const Journey& journey) const {
    const auto hops = request.header(sip::Header::max_forwards);
    if (hops && base::to_u32_clamped(*hops) == 0U) return answer(483);
    if (const auto tags = unsupported_by_proxy(request); !tags.empty()) {
        auto refusal = answer(420);
        refusal.headers = "Unsupported: " + tags + "\r\n";
        return refusal;
    }
    const bool needs_path = request.method() == sip::Method::register_ && !journey.down &&
                            is_first_hop(request) && !supports(request, "path");
    if (!needs_path) return std::nullopt;
    auto refusal = answer(421);
    refusal.headers = "Require: path\r\n";
    return refusal;
}

void Edge::carry(const Request& request, Journey journey) {
    const auto& config = context_.config;
    const bool is_believed = context_.authenticator.is_trusted(request.flow);
    RelayOrder order;
    order.method = request.message.method_text();
    order.is_whole = true;
    order.text = relayed_text(request.message, request.flow.peer,
                              {.realm = {},
                               .keeps_identity = is_believed,
                               .keeps_routes = false,
                               .own_lines = own_lines(request, journey)});
    order.share = context_.limits.relayed_messages.take(
        context_.limits.holder(Identity{.is_open = true}, request.flow.peer),
        order.text.size() + kAround,
        {.bytes = config.message_in_flight, .bytes_each = config.message_in_flight_per_sender});
    if (!order.share) return context_.stack.answer(request.id, unavailable("Busy"));
    order.targets.push_back(target_of(request, journey));
    (journey.down ? down_ : up_).add();
    relay_.start(std::move(order), [this, id = request.id, down = journey.down](
                                       const RelayReport& report) { answer_by(id, down, report); });
}

RelayTarget Edge::target_of(const Request& request, Journey& journey) const {
    const std::string uri(request.message.request_uri());
    if (journey.down) {
        RelayTarget target;
        target.request_uri = uri;
        target.routes = std::move(journey.routes);
        target.legs.push_back({.flow = journey.down, .uri = {}, .named_by = {}});
        return target;
    }
    // The operator named the domains that are reached without a token.
    const auto named_by = journey.has_token ? request.flow.peer : sip::Endpoint();
    return foreign_target(uri, journey.routes, context_.config.outbound_proxy, named_by);
}

/// What brings later requests back to the device's flow, ahead of what is there.
std::string Edge::own_lines(const Request& request, const Journey& journey) const {
    const auto& message = request.message;
    const bool is_secure = request.subject.uri && request.subject.uri->scheme == sip::Scheme::sips;
    const auto uri = own_uri(journey.down ? *journey.down : request.flow, is_secure);
    if (makes_dialog(message)) return "Record-Route: <" + uri + ";lr>\r\n";
    const bool has_path =
        message.method() == sip::Method::register_ && !journey.down && is_first_hop(message);
    return has_path ? "Path: <" + uri + ";lr;ob>\r\n" : std::string();
}

/// By a listener that other servers reach: no WebSocket, and TLS only where it must be.
std::string Edge::own_uri(const sip::Flow& flow, bool is_secure) const {
    const auto& transport = context_.stack.transport();
    const auto listeners = transport.listeners();
    const auto is_fit = [&](const sip::ListenerAddress& each) {
        return is_secure
                   ? each.protocol == sip::Protocol::tls
                   : each.protocol == sip::Protocol::udp || each.protocol == sip::Protocol::tcp;
    };
    const auto found = std::find_if(listeners.begin(), listeners.end(), is_fit);
    const auto& listener = found == listeners.end() ? transport.listener(flow) : *found;
    std::string uri = is_secure ? "sips:" : "sip:";
    uri += tokens_.issue(flow) + "@" + listener.host + ":" + std::to_string(listener.port);
    const bool is_default = is_secure || listener.protocol == sip::Protocol::udp;
    if (!is_default) uri.append(";transport=").append(sip::uri_name(listener.protocol));
    return uri;
}

/// RFC 5626 5.3.1: who cannot be reached because his flow ended meanwhile has other flows.
void Edge::answer_by(sip::ServerTransactionId transaction, const std::optional<sip::Flow>& down,
                     const RelayReport& report) {
    if (report.stage != RelayReport::Stage::answered) return;
    const bool is_gone =
        down && report.best.status == 480 && !context_.stack.transport().is_open(*down);
    context_.stack.answer(transaction, is_gone ? answer(430) : report.best);
}

}  // namespace herald::server
