// server/message/relay_targets.cpp: where a MESSAGE goes: to the contacts of a user, or to another
// domain.
#include "server/message/relay_targets.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "base/text_map.h"
#include "server/core/flow_text.h"
#include "sip/dialog_request.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// The contact without the parameters a push service knows the device by (RFC 8599 13).
std::string without_push(std::string_view contact) {
    if (contact.find("pn-") == std::string_view::npos) return std::string(contact);
    const auto uri = sip::parse_uri(contact);
    if (!uri) return std::string(contact);
    const auto start = uri->parameters.empty()
                           ? contact.size()
                           : static_cast<std::size_t>(uri->parameters.data() - contact.data()) - 1;
    std::string kept(contact.substr(0, start));
    auto parameters = uri->parameters;
    while (const auto next = sip::next_parameter(parameters)) {
        if (base::istarts_with(next->name, "pn-")) continue;
        kept.append(";").append(next->name);
        if (next->has_value) kept.append("=").append(next->value);
    }
    return kept;
}

std::string request_uri_of(std::string_view contact) {
    auto kept = without_push(contact);
    const auto uri = sip::parse_uri(kept);
    if (!uri) return kept;
    std::string text;
    sip::append_request_uri(text, *uri);
    return text;
}

}  // namespace

base::Duration patience_of(const Config& config) {
    // RFC 3261 17.1.2.2: a client gives up after 64*T1.
    const auto longest = 60 * std::chrono::milliseconds(config.t1_ms);
    return std::min<base::Duration>(std::chrono::seconds(config.message_patience), longest);
}

std::vector<RelayTarget> targets_of(const std::vector<const packages::Binding*>& bindings,
                                    std::uint32_t epoch, const base::TextSet& except) {
    std::vector<RelayTarget> targets;
    for (const auto* binding : bindings) {
        RelayTarget target;
        target.request_uri = request_uri_of(binding->contact);
        if (except.count(target.request_uri) > 0) continue;
        target.route = binding->path;
        target.next_hop = sip::first_route(binding->path);
        target.flow = flow_of_binding(binding->flow, epoch);
        target.instance = binding->instance;
        target.is_flow_only = binding->reg_id != 0 && binding->path.empty();
        targets.push_back(std::move(target));
    }
    // The newest first (RFC 5627 6.1): of flows of one device it is the likeliest to be good.
    std::reverse(targets.begin(), targets.end());
    return targets;
}

RelayTarget foreign_target(const std::string& uri, const std::string& routes,
                           const std::string& proxy) {
    RelayTarget target;
    target.request_uri = uri;
    target.route = routes;
    if (routes.empty() && !proxy.empty()) {
        target.next_hop = proxy;
        const bool is_loose = proxy.find(";lr") != std::string::npos;
        target.route = "<" + proxy + (is_loose ? ">" : ";lr>");
    } else if (!routes.empty()) {
        target.next_hop = sip::first_route(routes);
    }
    return target;
}

}  // namespace herald::server
