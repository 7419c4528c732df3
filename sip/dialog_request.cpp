// sip/dialog_request.cpp: the head of a request within a dialog (RFC 3261 12.2.1.1).
#include "sip/dialog_request.h"

#include <algorithm>

#include "base/text.h"
#include "sip/fields.h"
#include "sip/grammar.h"
#include "sip/uri.h"

namespace herald::sip {
namespace {

/// One value without its display name: a route begins with its URI.
Status append_route(std::string& out, std::string_view value) {
    const Result<NameAddress> route = parse_name_address(value);
    if (!route || !route->has_brackets) return Fault{FaultKind::malformed, "Malformed route"};
    const Result<Uri> uri = parse_uri(route->uri);
    if (!uri || (uri->scheme != Scheme::sip && uri->scheme != Scheme::sips))
        return Fault{FaultKind::malformed, "Route without SIP URI"};
    if (!out.empty()) out += ", ";
    out.append("<").append(route->uri).append(">");
    if (!route->parameters.empty()) out.append(";").append(route->parameters);
    return {};
}

void append_address(std::string& out, std::string_view name, std::string_view value,
                    std::string_view tag) {
    out.append(name).append(value);
    if (!tag.empty()) out.append(";tag=").append(tag);
    out += "\r\n";
}

}  // namespace

Result<std::string> read_routes(const Message& message, Header header, RouteOrder order) {
    std::vector<std::string_view> values = message.list(header);
    if (order == RouteOrder::reversed) std::reverse(values.begin(), values.end());
    std::string routes;
    for (const std::string_view value : values) {
        if (const Status status = append_route(routes, value); !status) return status.fault();
    }
    return routes;
}

std::string_view first_route(std::string_view routes) noexcept {
    const std::size_t end = routes.find('>');
    const std::size_t start = routes.find('<');
    return start < end && end != std::string_view::npos ? routes.substr(start + 1, end - start - 1)
                                                        : std::string_view();
}

std::string_view without_first_route(std::string_view routes) noexcept {
    next_list_value(routes);
    return grammar::trim(routes);
}

bool is_loose_router(std::string_view uri) noexcept {
    const Result<Uri> parsed = parse_uri(uri);
    return !parsed || parsed->parameter("lr").has_value();
}

Routing routing_of(std::string_view remote_target, std::string_view routes) noexcept {
    const std::string_view first = first_route(routes);
    if (first.empty()) return {remote_target, {}, {}, remote_target};
    if (is_loose_router(first)) return {remote_target, routes, {}, first};
    return {first, without_first_route(routes), remote_target, first};
}

std::string request_uri_of(const Routing& routing) {
    std::string uri;
    append_request_uri(uri, routing.request_uri);
    return uri;
}

void append_start_line(std::string& out, std::string_view method, const Routing& routing) {
    out.append(method).append(" ");
    append_request_uri(out, routing.request_uri);
    out += " SIP/2.0\r\n";
}

void append_route_line(std::string& out, const Routing& routing) {
    if (routing.routes.empty() && routing.last_route.empty()) return;
    out.append("Route: ").append(routing.routes);
    if (!routing.last_route.empty()) {
        out += routing.routes.empty() ? "<" : ", <";
        append_request_uri(out, routing.last_route);
        out += '>';
    }
    out += "\r\n";
}

void append_head(std::string& out, const DialogRequest& request, std::string_view via) {
    const Routing routing = routing_of(request.remote_target, request.routes);
    const std::string_view method = name_of(request.method);
    append_start_line(out, method, routing);
    out += via;
    out += "Max-Forwards: 70\r\n";
    append_route_line(out, routing);
    append_address(out, request.is_compact ? "f: " : "From: ", request.from, request.from_tag);
    append_address(out, request.is_compact ? "t: " : "To: ", request.to, request.to_tag);
    out += request.is_compact ? "i: " : "Call-ID: ";
    out.append(request.call_id).append("\r\nCSeq: ");
    base::append_number(out, request.cseq);
    out.append(" ").append(method).append("\r\n");
}

}  // namespace herald::sip
