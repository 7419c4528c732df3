// http/target.cpp: splits and decodes request targets.
#include "http/target.h"

#include <algorithm>

#include "base/text.h"
#include "http/problem.h"
#include "pidf/idna.h"
#include "sip/uri.h"

namespace herald::http {

namespace {

bool has_broken_escape(std::string_view text) {
    for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
        if (at + 2 >= text.size()) return true;
        if (base::hex_value(text[at + 1]) < 0 || base::hex_value(text[at + 2]) < 0) return true;
    }
    return false;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

Result<std::string> decoded(std::string_view text) {
    if (has_broken_escape(text))
        return malformed("the request target holds a % without two hex digits; write it as %25");
    std::string out = base::percent_decode(text);
    if (!base::is_utf8(out)) return malformed("the request target is not UTF-8 once decoded");
    if (std::any_of(out.begin(), out.end(), is_control))
        return malformed("the request target holds control characters");
    return out;
}

/// Without "http://host", which proxies and HTTP/1.1 allow before the path (RFC 9112 3.2.2).
std::string_view without_authority(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!base::istarts_with(target, scheme)) continue;
        const auto path = target.find('/', scheme.size());
        return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    }
    return target;
}

Status parse_query(std::string_view text, Target& target) {
    while (!text.empty()) {
        const auto [pair, rest, found] = base::split_once(text, '&');
        text = rest;
        if (pair.empty()) continue;
        const auto [name_text, value_text, has_value] = base::split_once(pair, '=');
        auto name = decoded(name_text);
        if (!name) return name.fault();
        auto value = decoded(value_text);
        if (!value) return value.fault();
        for (const auto& earlier : target.query) {
            if (earlier.first == *name)
                return malformed("query parameter \"" + *name + "\" is given twice");
        }
        target.query.emplace_back(*std::move(name), *std::move(value));
    }
    return {};
}

bool has_scheme(std::string_view text) {
    for (const std::string_view scheme : {"sip:", "sips:", "pres:", "im:", "tel:"}) {
        if (base::istarts_with(text, scheme)) return true;
    }
    return false;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
    const auto [path, query, has_query] = base::split_once(without_authority(text), '?');
    if (path.empty() || path.front() != '/') return malformed("the request target is not a path");
    Target target;
    target.path = path;
    for (std::string_view rest = path.substr(1);;) {
        const auto [segment, after, found] = base::split_once(rest, '/');
        auto part = decoded(segment);
        if (!part) return part.fault();
        target.parts.push_back(*std::move(part));
        if (!found) break;
        rest = after;
    }
    if (auto status = parse_query(query, target); !status) return status.fault();
    return target;
}

std::string escaped_parameter(std::string_view value) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : value) {
        const bool is_plain = base::is_alpha(c) || base::is_digit(c) ||
                              std::string_view("-._~").find(c) != std::string_view::npos;
        if (is_plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
    return out;
}

Result<std::string> aor_of(std::string_view text) {
    const auto written = has_scheme(text) ? std::string(text) : "sip:" + std::string(text);
    const auto full = sip::parse_uri(written) ? written : pidf::ascii_uri(written);
    const auto uri = sip::parse_uri(full);
    const bool is_aor =
        uri && uri->has_user && !uri->user.empty() && !uri->host.empty() && uri->headers.empty();
    if (!is_aor || uri->scheme == sip::Scheme::other || uri->scheme == sip::Scheme::tel) {
        return malformed("\"" + std::string(text) +
                         "\" is not an address-of-record, expected sip:user@domain");
    }
    return sip::canonical_aor(*uri);
}

std::string user_of(std::string_view aor) {
    const auto uri = sip::parse_uri(aor);
    return uri ? base::percent_decode(uri->user) : std::string();
}

}  // namespace herald::http
