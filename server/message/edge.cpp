// server/message/edge.cpp: this server as the edge of another one (RFC 5626 5, RFC 3327, RFC 3261
// 16).
#include "server/message/edge.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/address/own_address.h"
#include "server/core/answers.h"
#include "server/core/flow_text.h"
#include "server/message/incoming_message.h"
#include "server/message/message_text.h"
#include "server/register/flow_timer.h"
#include "server/register/register_decision.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"
#include "sip/path.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Memory of a request on its way, beside its text.
constexpr std::size_t kAroundOrder = 2000;

base::Counter& counter(base::Metrics& metrics, const char* direction) {
    return metrics.counter("herald_edge_requests_total",
                           "Requests carried between devices and their servers elsewhere",
                           {{"direction", direction}});
}

bool is_first_hop(const sip::Message& request) {
    return request.list(sip::Header::via).size() == 1;
}

/// Whether the dialog it makes, or is the first to tell of, is to come back here (RFC 6665 4.3).
bool makes_dialog(const sip::Message& request) {
    if (request.method() == sip::Method::notify) return true;
    const bool can_make = request.method() == sip::Method::subscribe ||
                          request.method() == sip::Method::invite ||
                          request.method() == sip::Method::refer;
    return can_make && request.to_tag().empty();
}

/// Whether no transaction is made of it. The others are not lost where a stream is followed by UDP.
bool is_passed(sip::Method method) noexcept {
    return method == sip::Method::invite || method == sip::Method::ack ||
           method == sip::Method::cancel || method == sip::Method::unknown;
}

/// Where the line of that name is, and its size; nothing at the end where there is none.
std::pair<std::size_t, std::size_t> line_of(std::string_view lines, std::string_view name) {
    for (std::size_t at = 0; at < lines.size();) {
        const auto end = lines.find("\r\n", at);
        const auto size = end == std::string_view::npos ? lines.size() - at : end + 2 - at;
        const auto key = base::trim(base::split_once(lines.substr(at, size), ':').before);
        if (base::iequals(key, name)) return {at, size};
        at += size;
    }
    return {lines.size(), 0};
}

bool is_secure_uri(std::string_view uri) noexcept {
    return base::istarts_with(uri, "sips:");
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
      passage_(context, locator, tokens_),
      up_(counter(context.metrics, "up")),
      down_(counter(context.metrics, "down")) {}

sip::Role Edge::role_for(const sip::Message& request, const sip::Flow& flow) const {
    if (context_.config.edge_for.empty() || !journey_of(request, flow)) return sip::Role::server;
    return is_passed(request.method()) ? sip::Role::passage : sip::Role::proxy;
}

void Edge::pass_on(const sip::Message& request, const sip::Flow& flow) {
    auto journey = journey_of(request, flow);
    if (!journey) return;
    if (!journey->refusal) journey->refusal = refusal_of(request, *journey);
    if (journey->refusal)
        return context_.stack.answer_statelessly(request, flow, *journey->refusal);
    auto text = text_of(request, flow, *journey);
    auto mark = loop_mark(request, *journey);
    (journey->down ? down_ : up_).add();
    auto target = target_of(request, *journey);
    passage_.send(request, flow,
                  {.request_uri = std::move(target.request_uri),
                   .routes = std::move(target.routes),
                   .text = std::move(text),
                   .via_parameter = std::move(mark),
                   .legs = std::move(target.legs)});
}

bool Edge::takes(const Request& request) {
    if (context_.config.edge_for.empty()) return false;
    auto journey = journey_of(request.message, request.flow);
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
std::optional<Edge::Journey> Edge::journey_of(const sip::Message& request,
                                              const sip::Flow& flow) const {
    const auto routes = sip::read_routes(request, sip::Header::route);
    if (!routes) return std::nullopt;
    const auto first = sip::parse_uri(sip::first_route(*routes));
    if (first && FlowTokens::is_one(first->user) && is_ours(*first))
        return by_token(first->user, std::string(sip::without_first_route(*routes)), request, flow);
    // Without a token a route leads no further: nobody sends through us to where he likes.
    const auto uri = sip::parse_uri(request.request_uri());
    if (!uri) return std::nullopt;
    auto home = home_of(uri->host);
    // What a device sends through us to yet other domains is for its home to route.
    if (home.empty() && first && is_ours(*first) && !is_ours(*uri)) home = home_of_sender(request);
    if (home.empty()) return std::nullopt;
    return Journey{.home = std::move(home)};
}

std::string Edge::home_of_sender(const sip::Message& request) const {
    const auto from = sip::parse_name_address(request.from());
    const auto uri = from ? sip::parse_uri(from->uri) : Result<sip::Uri>(Fault{});
    return uri ? home_of(uri->host) : std::string();
}

/// RFC 5626 5.3: a request that comes by the flow itself goes out, any other goes down it.
Edge::Journey Edge::by_token(std::string_view user, std::string routes, const sip::Message& request,
                             const sip::Flow& flow) const {
    const auto token = tokens_.read(user);
    if (!token && token.fault().kind == FaultKind::forbidden)
        return {.refusal = answer(403, token.fault().detail)};
    if (!token) return {.refusal = answer(430)};
    if (token->use == FlowToken::Use::answer)
        return {.refusal = answer(403, "This is no token of a route")};
    if (is_same_flow(token->flow, flow)) {
        auto home = home_of(token->about);
        if (home.empty()) return {.refusal = answer(403, "That domain has no edge here")};
        return {.home = std::move(home), .routes = std::move(routes)};
    }
    if (token->use == FlowToken::Use::dialog && request.to_tag().empty())
        return {.refusal = answer(403, "This token is good within dialogs only")};
    // Whoever came in our own name would make us talk to ourselves.
    if (sip::is_listener(token->flow.peer, context_.stack.transport().listeners()))
        return {.refusal = answer(482)};
    if (!context_.stack.transport().is_open(token->flow)) return {.refusal = answer(430)};
    return {.down = token->flow, .home = token->about, .routes = std::move(routes)};
}

/// The domain of sip.edge_for; empty: none of those.
std::string Edge::home_of(std::string_view host) const {
    const auto& all = context_.config.edge_for;
    const auto found = std::find_if(all.begin(), all.end(), [&](const std::string& domain) {
        return base::iequals(domain, host);
    });
    return found == all.end() ? std::string() : *found;
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
    const auto tags = unsupported_by_proxy(request);
    // RFC 3261 16.3: neither of these is ever refused for it.
    const bool is_exempt =
        request.method() == sip::Method::cancel || request.method() == sip::Method::ack;
    if (!tags.empty() && !is_exempt) {
        auto refusal = answer(420);
        refusal.headers = "Unsupported: " + tags + "\r\n";
        return refusal;
    }
    if (is_in_a_via(request, loop_mark(request, journey))) return answer(482);
    const bool needs_path = request.method() == sip::Method::register_ && !journey.down &&
                            is_first_hop(request) && !supports(request, "path");
    if (!needs_path) return std::nullopt;
    auto refusal = answer(421);
    refusal.headers = "Require: path\r\n";
    return refusal;
}

void Edge::carry(const Request& request, Journey journey) {
    const auto& config = context_.config;
    RelayOrder order;
    order.method = request.message.method_text();
    order.is_whole = true;
    order.text = text_of(request.message, request.flow, journey);
    order.via_parameter = loop_mark(request.message, journey);
    order.share = context_.limits.relayed_messages.take(
        context_.limits.holder(Identity{.is_open = true}, request.flow.peer),
        order.text.size() + kAroundOrder,
        {.bytes = config.message_in_flight, .bytes_each = config.message_in_flight_per_sender});
    if (!order.share) return context_.stack.answer(request.id, unavailable("Busy"));
    order.targets.push_back(target_of(request.message, journey));
    (journey.down ? down_ : up_).add();
    relay_.start(std::move(order),
                 [this, id = request.id, flow = request.flow, down = journey.down](
                     const RelayReport& report) { answer_by(id, flow, down, report); });
}

std::string Edge::text_of(const sip::Message& request, const sip::Flow& flow,
                          const Journey& journey) const {
    return relayed_text(request, flow.peer,
                        {.realm = {},
                         .keeps_identity = context_.authenticator.is_trusted(flow),
                         .keeps_routes = false,
                         .own_lines = own_lines(request, flow, journey)});
}

/// Down the flow, or to the home: the operator named that. Where a Request-URI or a Route of the
/// sender's would lead otherwise is for the home to judge.
RelayTarget Edge::target_of(const sip::Message& request, Journey& journey) const {
    RelayTarget target;
    target.request_uri = request.request_uri();
    target.routes = std::move(journey.routes);
    if (journey.down) {
        target.legs.push_back({.flow = journey.down, .uri = {}, .named_by = {}});
        return target;
    }
    const auto& proxy = context_.config.outbound_proxy;
    if (target.routes.empty() && !proxy.empty())
        target.routes = "<" + proxy + (sip::is_loose_router(proxy) ? ">" : ";lr>");
    const auto* scheme = is_secure_uri(target.request_uri) ? "sips:" : "sip:";
    target.legs.push_back(
        {.flow = {}, .uri = proxy.empty() ? scheme + journey.home : proxy, .named_by = {}});
    return target;
}

/// In our Via it tells whether a request was here and comes back as it was (RFC 3261 16.6 step 8):
/// one that the home changed is a spiral, which may pass.
std::string Edge::loop_mark(const sip::Message& request, const Journey& journey) const {
    std::string text = journey.down ? "down " + to_text(*journey.down) : "up " + journey.home;
    text.append("\n").append(request.request_uri()).append("\n").append(journey.routes);
    return loop_parameter(context_, text);
}

/// What brings later requests back to the device's flow, ahead of what is there.
std::string Edge::own_lines(const sip::Message& request, const sip::Flow& flow,
                            const Journey& journey) const {
    const bool has_path =
        request.method() == sip::Method::register_ && !journey.down && is_first_hop(request);
    if (!has_path && !makes_dialog(request)) return {};
    const auto uri = own_uri({.use = has_path ? FlowToken::Use::path : FlowToken::Use::dialog,
                              .flow = journey.down ? *journey.down : flow,
                              .about = journey.home},
                             is_secure_uri(request.request_uri()));
    return has_path ? "Path: <" + uri + ";lr;ob>\r\n" : "Record-Route: <" + uri + ";lr>\r\n";
}

/// By a listener that other servers reach: no WebSocket, and TLS only where it must be.
std::string Edge::own_uri(const FlowToken& token, bool is_secure) const {
    const auto& transport = context_.stack.transport();
    const auto listeners = transport.listeners();
    const auto is_fit = [&](const sip::ListenerAddress& each) {
        return is_secure
                   ? each.protocol == sip::Protocol::tls
                   : each.protocol == sip::Protocol::udp || each.protocol == sip::Protocol::tcp;
    };
    const auto found = std::find_if(listeners.begin(), listeners.end(), is_fit);
    const auto& listener = found == listeners.end() ? transport.listener(token.flow) : *found;
    std::string uri = is_secure ? "sips:" : "sip:";
    uri += tokens_.issue(token) + "@" + listener.host + ":" + std::to_string(listener.port);
    const bool is_default = is_secure || listener.protocol == sip::Protocol::udp;
    if (!is_default) uri.append(";transport=").append(sip::uri_name(listener.protocol));
    return uri;
}

/// RFC 5626 5.3.1: who cannot be reached because his flow ended meanwhile has other flows.
void Edge::answer_by(sip::ServerTransactionId transaction, const sip::Flow& flow,
                     const std::optional<sip::Flow>& down, const RelayReport& report) {
    if (report.stage != RelayReport::Stage::answered) return;
    const bool is_gone =
        down && report.best.status == 480 && !context_.stack.transport().is_open(*down);
    if (is_gone) return context_.stack.answer(transaction, answer(430));
    const auto* const request = context_.stack.request(transaction);
    auto best = report.best;
    const bool is_registered = request && request->method() == sip::Method::register_ && !down &&
                               best.status < 300 && is_first_hop(*request);
    if (is_registered && supports(*request, "outbound")) set_flow_timer(best.headers, flow);
    context_.stack.answer(transaction, best);
}

/// RFC 5626 5.4: the connection ends here, so it is here that its keep-alives are waited for.
void Edge::set_flow_timer(std::string& headers, const sip::Flow& flow) const {
    std::string own;
    append_flow_timer(own, context_, flow);
    if (own.empty()) return;
    const auto theirs = line_of(headers, "Flow-Timer");
    headers.erase(theirs.first, theirs.second);
    headers += own;
}

}  // namespace herald::server
