// sip/auth_field.cpp: challenges and credentials: `Digest realm="x", nonce="y"`, `Bearer token`
// (RFC 9110 11, 3261 25.1).
#include "base/text.h"
#include "sip/fields.h"
#include "sip/grammar.h"

namespace herald::sip {
namespace {

/// Of one challenge at most.
constexpr std::size_t kMostParameters = 32;

Fault malformed_auth(const char* why) {
    return {FaultKind::malformed, why};
}

constexpr bool is_token68(char c) noexcept {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
}

/// A Bearer token, with its padding.
bool is_token68(std::string_view text) noexcept {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    for (const char c : text) {
        if (!is_token68(c)) return false;
    }
    return !text.empty();
}

std::string_view take_name(std::string_view& rest) noexcept {
    std::size_t end = 0;
    while (end < rest.size() && grammar::is(rest[end], grammar::kToken)) ++end;
    const std::string_view token = rest.substr(0, end);
    rest = grammar::skip_blanks(rest.substr(end));
    return token;
}

/// A quoted-string with its quotes, or what stands before the next comma or blank; nullopt where a
/// quote does not end.
std::optional<std::string_view> take_value(std::string_view& rest) noexcept {
    std::size_t end = 0;
    if (!rest.empty() && rest.front() == '"') {
        end = grammar::quoted_length(rest);
        if (end == std::string_view::npos) return std::nullopt;
    } else {
        while (end < rest.size() && rest[end] != ',' && rest[end] != '"' &&
               !grammar::is_blank(rest[end])) {
            ++end;
        }
    }
    const std::string_view value = rest.substr(0, end);
    rest = grammar::skip_blanks(rest.substr(end));
    return value;
}

void skip_commas(std::string_view& rest) noexcept {
    while (!rest.empty() && (rest.front() == ',' || grammar::is_blank(rest.front()))) {
        rest.remove_prefix(1);
    }
}

}  // namespace

std::optional<std::string_view> AuthField::parameter(std::string_view name) const {
    for (const auto& [known, value] : parameters) {
        if (known == name) return value;
    }
    return std::nullopt;
}

Result<AuthField> parse_auth(std::string_view value) {
    std::string_view rest = grammar::trim(value);
    AuthField field;
    field.scheme = take_name(rest);
    if (field.scheme.empty()) return malformed_auth("Credentials without scheme");
    if (is_token68(rest)) {
        field.parameters.emplace_back(std::string(), rest);
        return field;
    }

    for (skip_commas(rest); !rest.empty(); skip_commas(rest)) {
        std::string name = base::lower(take_name(rest));
        if (name.empty() || rest.empty() || rest.front() != '=') {
            return malformed_auth("Malformed authentication parameter");
        }
        rest = grammar::skip_blanks(rest.substr(1));
        const std::optional<std::string_view> text = take_value(rest);
        if (!text || (!rest.empty() && rest.front() != ',')) {
            return malformed_auth("Malformed authentication parameter");
        }
        if (field.parameter(name)) return malformed_auth("Authentication parameter given twice");
        if (field.parameters.size() == kMostParameters) {
            return malformed_auth("Too many authentication parameters");
        }
        if (!text->empty() && text->front() == '"') field.quoted.push_back(name);
        field.parameters.emplace_back(std::move(name), unquote(*text));
    }
    if (field.parameters.empty()) return malformed_auth("Credentials without parameters");
    return field;
}

}  // namespace herald::sip
