// pidf/contact.cpp: when two contacts, or two device ids, mean the same.
#include "pidf/contact.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace herald::pidf {
namespace {

/// RFC 3986 2.3: an escape of one of these never means anything else than the character.
bool is_unreserved(char c) noexcept {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// Undoes needless escapes and writes the others with upper-case digits.
std::string tidy_escapes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                               base::hex_value(text[i + 1]) >= 0 &&
                               base::hex_value(text[i + 2]) >= 0;
        if (!is_escape) {
            out += text[i];
            continue;
        }
        const int value = base::hex_value(text[i + 1]) * 16 + base::hex_value(text[i + 2]);
        if (const char c = static_cast<char>(value); is_unreserved(c)) {
            out += c;
        } else {
            constexpr std::string_view kDigits = "0123456789ABCDEF";
            out += '%';
            out += kDigits[static_cast<std::size_t>(value) / 16];
            out += kDigits[static_cast<std::size_t>(value) % 16];
        }
        i += 2;
    }
    return out;
}

bool has_scheme(std::string_view uri) noexcept {
    const std::size_t colon = uri.find(':');
    if (colon == std::string_view::npos || colon == 0 || !base::is_alpha(uri[0])) return false;
    return std::all_of(uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || c == '+' || c == '-' || c == '.';
    });
}

/// user@host;parameters?headers, as sip, sips, pres, im and mailto have it.
std::string normalised_address(std::string_view rest) {
    const std::size_t at = rest.rfind('@', rest.find('?'));
    std::string out;
    if (at != std::string_view::npos) {
        out = tidy_escapes(rest.substr(0, at));
        out += '@';
        rest.remove_prefix(at + 1);
    }
    const std::size_t query = std::min(rest.find('?'), rest.size());
    const std::string_view headers = rest.substr(query);
    base::Split part = base::split_once(rest.substr(0, query), ';');
    out += base::lower(part.before);
    std::vector<std::string> parameters;
    while (part.found) {
        part = base::split_once(part.after, ';');
        if (!part.before.empty()) parameters.push_back(base::lower(tidy_escapes(part.before)));
    }
    std::sort(parameters.begin(), parameters.end());
    for (const std::string& parameter : parameters) {
        out += ';';
        out += parameter;
    }
    out += headers;
    return out;
}

}  // namespace

std::string normalised_contact(std::string_view contact) {
    std::string whole(base::trim(contact));
    if (!has_scheme(whole)) {
        std::string decoded = base::percent_decode(whole);
        if (!has_scheme(decoded)) return whole;
        whole = std::move(decoded);
    }
    const base::Split split = base::split_once(whole, ':');
    std::string out = base::lower(split.before);
    out += ':';
    if (out == "tel:") {
        for (const char c : base::lower(split.after)) {
            if (c != '-' && c != '.' && c != '(' && c != ')') out += c;
        }
        return out;
    }
    const bool is_address =
        out == "sip:" || out == "sips:" || out == "pres:" || out == "im:" || out == "mailto:";
    out += is_address ? normalised_address(split.after) : tidy_escapes(split.after);
    return out;
}

std::string normalised_device_id(std::string_view urn) {
    const std::string_view trimmed = base::trim(urn);
    if (base::istarts_with(trimmed, "urn:uuid:")) return base::lower(trimmed);
    if (!base::istarts_with(trimmed, "urn:")) return std::string(trimmed);
    // RFC 8141 3.1: "urn" and the namespace identifier compare without case, what follows with it.
    const std::size_t identifier_end = trimmed.find(':', 4);
    if (identifier_end == std::string_view::npos) return base::lower(trimmed);
    return base::lower(trimmed.substr(0, identifier_end)) +
           std::string(trimmed.substr(identifier_end));
}

}  // namespace herald::pidf
