// sip/via.cpp: reads a Via value (RFC 3261 20.42, 3581, 5118 4.5).
//
//   SIP / 2.0 / UDP  host : port ; branch=z9hG4bK... ; rport ; received=...
#include "base/text.h"
#include "sip/endpoint.h"
#include "sip/grammar.h"
#include "sip/parts.h"
#include "sip/scan.h"

namespace herald::sip {
namespace {

constexpr const char* kNoVia = "Malformed Via";

/// Takes a token and the blanks around it off the front of `rest`; empty where there is none.
std::string_view take_token(std::string_view& rest) noexcept {
    rest = grammar::skip_blanks(rest);
    std::size_t end = 0;
    while (end < rest.size() && grammar::is(rest[end], grammar::kToken)) ++end;
    const std::string_view token = rest.substr(0, end);
    rest = grammar::skip_blanks(rest.substr(end));
    return token;
}

bool take(std::string_view& rest, char c) noexcept {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
}

/// sent-protocol; `SIP / 2.0 / UDP` is as good as `SIP/2.0/UDP`. The version is not looked at: who
/// sends another is told by a 505, for which this Via is needed.
bool read_protocol(std::string_view& rest, Via& via) noexcept {
    constexpr std::string_view kUsual = "SIP/2.0/";
    if (rest.substr(0, kUsual.size()) == kUsual) {
        rest.remove_prefix(kUsual.size());
    } else {
        if (!base::iequals(take_token(rest), "SIP") || !take(rest, '/')) return false;
        if (take_token(rest).empty() || !take(rest, '/')) return false;
    }
    via.transport = take_token(rest);
    return !via.transport.empty();
}

bool take_port(std::string_view& rest, Via& via) noexcept {
    rest = grammar::skip_blanks(rest);
    std::size_t end = 0;
    unsigned port = 0;
    for (; end < rest.size() && base::is_digit(rest[end]); ++end) {
        port = port * 10 + static_cast<unsigned>(rest[end] - '0');
        if (port > 65535) return false;
    }
    if (end == 0 || port == 0) return false;
    via.port = static_cast<std::uint16_t>(port);
    rest.remove_prefix(end);
    return true;
}

bool read_sent_by(std::string_view& rest, Via& via) noexcept {
    if (!rest.empty() && rest.front() == '[') {
        const std::size_t close = scan::find(rest, ']');
        if (close == scan::kNone) return false;
        const std::string_view host = rest.substr(0, close + 1);
        if (!Endpoint::from(host, 0)) return false;
        via.host = host.substr(1, host.size() - 2);
        rest.remove_prefix(close + 1);
    } else {
        std::size_t end = 0;
        while (end < rest.size() && grammar::is(rest[end], grammar::kHost)) ++end;
        via.host = rest.substr(0, end);
        if (via.host.empty()) return false;
        rest.remove_prefix(end);
    }
    rest = grammar::skip_blanks(rest);
    if (take(rest, ':') && !take_port(rest, via)) return false;
    rest = grammar::skip_blanks(rest);
    return rest.empty() || rest.front() == ';';
}

std::string_view without_brackets(std::string_view host) noexcept {
    const bool has_brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    return has_brackets ? host.substr(1, host.size() - 2) : host;
}

void keep(const Parameter& parameter, Via& via) noexcept {
    const std::string_view name = parameter.name;
    if (base::iequals(name, "branch")) {
        via.branch = parameter.value;
    } else if (base::iequals(name, "rport")) {
        via.has_rport = true;
        const char* const end = parameter.has_value
                                    ? parameter.value.data() + parameter.value.size()
                                    : name.data() + name.size();
        via.rport_text = {name.data(), static_cast<std::size_t>(end - name.data())};
        const auto port = base::to_u32_clamped(parameter.value).value_or(0);
        via.rport = port <= 65535 ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
    } else if (base::iequals(name, "received")) {
        via.has_received = true;
        via.received = without_brackets(parameter.value);
    } else if (base::iequals(name, "maddr")) {
        via.maddr = without_brackets(parameter.value);
    }
}

}  // namespace

const char* read_via(std::string_view row, Via& via) noexcept {
    via = {};
    const std::optional<std::string_view> text = next_list_value(row);
    if (!text) return kNoVia;
    via.text = *text;
    std::string_view rest = *text;
    if (!read_protocol(rest, via)) return kNoVia;
    if (!read_sent_by(rest, via)) {
        via.host = {};
        return "Malformed sent-by in Via";
    }

    take(rest, ';');
    ParameterNames names;
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (const char* fault = names.add(parameter->name)) return fault;
        keep(*parameter, via);
        if (!parameter->has_value && base::iequals(parameter->name, "received")) {
            return "Malformed Via parameter";
        }
    }
    return rest.empty() ? nullptr : "Malformed Via parameter";
}

}  // namespace herald::sip
