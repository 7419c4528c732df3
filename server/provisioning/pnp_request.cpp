// server/provisioning/pnp_request.cpp: what a phone asks the group 224.0.1.75 when it starts.
#include "server/provisioning/pnp_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "packages/device_facts.h"
#include "sip/fields.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

constexpr std::size_t kMacDigits = 12;
/// Of Event and Contact, which come back: a phone's are far shorter.
constexpr std::size_t kLongestEcho = 512;
constexpr std::size_t kLongestPnpWord = 64;

Fault not_ours(const char* why) {
    return {FaultKind::not_found, why};
}
Fault broken_request(const char* why) {
    return {FaultKind::malformed, why};
}

/// "MAC%3a000413ABCDEF", "MAC:000413ABCDEF" or the address alone, as the user of the Request-URI.
std::string mac_of_uri(std::string_view uri) {
    const auto colon = uri.find(':');
    const auto at = uri.find('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return {};
    const auto user = base::percent_decode(uri.substr(colon + 1, at - colon - 1));
    constexpr std::string_view kPrefix = "MAC:";
    const std::string_view rest = user;
    return mac_from(base::istarts_with(rest, kPrefix) ? rest.substr(kPrefix.size()) : rest);
}

bool is_word_end(char c) {
    return std::string_view(" ()[];,/=").find(c) != std::string_view::npos;
}

/// Whether the phone takes a URL: it says so, or does not say.
bool takes_url(const sip::Message& message) {
    if (message.count(sip::Header::accept) == 0) return true;
    const auto accepted = message.list(sip::Header::accept);
    return std::any_of(accepted.begin(), accepted.end(), [](std::string_view each) {
        const auto type = base::trim(base::split_once(each, ';').before);
        return base::iequals(type, kPnpType) || type == "*/*" ||
               base::iequals(type, "application/*");
    });
}

/// False: it is about another profile than the device's.
bool read_parameters(std::string_view parameters, PnpRequest& request) {
    bool is_device = true;
    while (const auto parameter = sip::next_parameter(parameters)) {
        auto value = sip::unquote(parameter->value).substr(0, kLongestPnpWord);
        if (base::iequals(parameter->name, "profile-type")) {
            is_device = base::iequals(value, "device");
        } else if (base::iequals(parameter->name, "vendor")) {
            request.vendor = std::move(value);
        } else if (base::iequals(parameter->name, "model")) {
            request.model = std::move(value);
        } else if (base::iequals(parameter->name, "version")) {
            request.version = std::move(value);
        }
    }
    return is_device;
}

void append_escaped(std::string& out, std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    for (const char c : text) {
        if (base::is_alpha(c) || base::is_digit(c) ||
            std::string_view("-._~").find(c) != std::string_view::npos) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return out;
}

/// nullopt: no such variable, which stays as it is.
std::optional<std::string> value_of(std::string_view name, const PnpRequest& request) {
    if (name == "mac") return request.mac;
    if (name == "MAC") return upper(request.mac);
    if (name == "vendor") return request.vendor;
    if (name == "model") return request.model;
    if (name == "version") return request.version;
    return std::nullopt;
}

}  // namespace

std::string mac_from(std::string_view text) {
    constexpr std::size_t kMarks = 5;
    if (text.size() != kMacDigits && text.size() != kMacDigits + kMarks) return {};
    auto mac = packages::mac_address(text);
    if (mac.empty()) return {};
    const bool is_group = (base::hex_value(mac[1]) & 1) != 0;
    const bool is_nobody = mac.find_first_not_of('0') == std::string::npos;
    return is_group || is_nobody ? std::string() : mac;
}

std::string mac_in(std::string_view user_agent) {
    while (!user_agent.empty()) {
        const auto end = std::find_if(user_agent.begin(), user_agent.end(), is_word_end);
        const auto size = static_cast<std::size_t>(end - user_agent.begin());
        if (auto mac = mac_from(user_agent.substr(0, size)); !mac.empty()) return mac;
        user_agent.remove_prefix(std::min(size + 1, user_agent.size()));
    }
    return {};
}

Result<PnpRequest> read_pnp_request(const sip::Message& message) {
    if (!message.is_request() || message.method() != sip::Method::subscribe)
        return not_ours("another method");
    const auto event_text = message.header(sip::Header::event).value_or(std::string_view());
    const auto event = sip::parse_event(event_text);
    if (!event || !base::iequals(event->type, "ua-profile")) return not_ours("another event");
    PnpRequest request;
    if (!read_parameters(event->parameters, request)) return not_ours("another profile");
    if (!takes_url(message)) return not_ours("takes no URL");
    const auto agent = message.header(sip::Header::user_agent).value_or(std::string_view());
    request.user_agent = agent.substr(0, kLongestPnpWord);
    request.mac = mac_of_uri(message.request_uri());
    if (request.mac.empty()) request.mac = mac_in(agent);
    if (request.mac.empty()) return broken_request("names no device");
    const auto contact = sip::sole_contact(message);
    if (!contact) return broken_request("no Contact");
    if (event_text.size() > kLongestEcho || contact->uri.size() > kLongestEcho)
        return broken_request("too long");
    request.event = event_text;
    request.contact = contact->uri;
    return request;
}

sip::Endpoint pnp_target(std::string_view contact, const sip::Endpoint& source) {
    const auto uri = sip::parse_uri(contact);
    if (!uri) return source;
    const auto named = sip::Endpoint::from(uri->host, uri->port == 0 ? kPnpPort : uri->port);
    return named && sip::same_host(*named, source) ? *named : source;
}

std::string pnp_url(std::string_view pattern, const PnpRequest& request) {
    std::string out;
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        out += pattern.substr(0, open);
        if (open == std::string_view::npos) return out;
        const auto close = pattern.find('}', open);
        const auto name = pattern.substr(
            open + 1, close == std::string_view::npos ? std::string_view::npos : close - open - 1);
        const auto value = value_of(name, request);
        if (!value || close == std::string_view::npos) {
            out += '{';
            pattern.remove_prefix(open + 1);
            continue;
        }
        append_escaped(out, *value);
        pattern.remove_prefix(close + 1);
    }
    return out;
}

}  // namespace herald::server
