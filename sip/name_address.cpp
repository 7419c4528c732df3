// sip/name_address.cpp: name-addr and addr-spec, the value of From, To, Contact and Route (RFC 3261
// 20, 25.1).
//
//   "Alice \"A\"" <sip:alice@example.com;user=phone>;tag=1      Alice <sip:...>
//   sip:alice@example.com;tag=1
#include <array>

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/parts.h"
#include "sip/scan.h"

namespace herald::sip {
namespace {

/// What the URI of an address may not hold: blanks and control characters, and `more`.
using Forbidden = std::array<bool, 256>;
constexpr Forbidden blanks_and(std::string_view more) noexcept {
    Forbidden forbidden{};
    for (std::size_t c = 0; c <= 0x20; ++c) forbidden[c] = true;
    for (const char c : more) forbidden[static_cast<unsigned char>(c)] = true;
    return forbidden;
}
constexpr Forbidden kInBare = blanks_and("<>\",?");
constexpr Forbidden kInBrackets = blanks_and("<\"");

const char* uri_fault(std::string_view uri, const Forbidden& forbidden) noexcept {
    if (uri.empty()) return "Address without URI";
    for (const char c : uri) {
        const auto byte = static_cast<unsigned char>(c);
        if (forbidden[byte]) return byte <= 0x20 ? "Blank in URI of address" : "Malformed address";
    }
    return nullptr;
}

/// addr-spec: `;` starts header parameters; what would be ambiguous needs <> (20.10).
const char* read_bare(std::string_view text, NameAddress& address) noexcept {
    const std::size_t end = scan::find(text, ';');
    address.uri = grammar::trim(text.substr(0, end));
    if (end != scan::kNone) address.parameters = text.substr(end + 1);
    return uri_fault(address.uri, kInBare);
}

/// What stands from `<` on.
const char* read_bracketed(std::string_view text, NameAddress& address) noexcept {
    const std::size_t close = scan::find(text, '>');
    if (close == scan::kNone) return "Address without >";
    address.uri = grammar::trim(text.substr(1, close - 1));
    address.has_brackets = true;
    if (const char* fault = uri_fault(address.uri, kInBrackets)) return fault;
    text = grammar::skip_blanks(text.substr(close + 1));
    if (text.empty()) return nullptr;
    if (text.front() != ';') return "Malformed address";
    address.parameters = text.substr(1);
    return nullptr;
}

const char* read_trimmed(std::string_view text, NameAddress& address) noexcept {
    if (text.empty()) return "Empty address";
    if (text.front() == '"') {
        const std::size_t length = grammar::quoted_length(text);
        if (length == scan::kNone) return "Unterminated quoted string";
        address.display_name = text.substr(1, length - 2);
        text = grammar::skip_blanks(text.substr(length));
        if (text.empty() || text.front() != '<') return "Malformed address";
        return read_bracketed(text, address);
    }
    // A < in a parameter of an addr-spec is not the address's.
    const std::size_t mark =
        scan::find_if(text, [](char c) { return c == '<' || c == ';' || c == '"'; });
    if (mark == scan::kNone || text[mark] != '<') return read_bare(text, address);
    address.display_name = grammar::trim(text.substr(0, mark));
    if (scan::find(address.display_name, ',') != scan::kNone) return "Comma in display name";
    return read_bracketed(text.substr(mark), address);
}

}  // namespace

const char* ParameterNames::add(std::string_view name) noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        if (base::iequals(names_[i], name)) return "Parameter given twice";
    }
    if (count_ == kMost) return "Too many parameters";
    names_[count_++] = name;
    return nullptr;
}

const char* parameters_fault(std::string_view parameters) noexcept {
    ParameterNames names;
    while (const std::optional<Parameter> parameter = next_parameter(parameters)) {
        if (const char* fault = names.add(parameter->name)) return fault;
    }
    return parameters.empty() ? nullptr : "Malformed parameter";
}

const char* read_name_address(std::string_view value, NameAddress& address) noexcept {
    address = {};
    return read_trimmed(grammar::trim(value), address);
}

std::optional<std::string_view> NameAddress::parameter(std::string_view name) const {
    std::string_view rest = parameters;
    while (const std::optional<Parameter> next = next_parameter(rest)) {
        if (base::iequals(next->name, name)) return next->value;
    }
    return std::nullopt;
}

Result<NameAddress> parse_name_address(std::string_view value) {
    NameAddress address;
    const char* fault = read_name_address(value, address);
    if (fault == nullptr) fault = parameters_fault(address.parameters);
    if (fault != nullptr) return Fault{FaultKind::malformed, fault};
    return address;
}

}  // namespace herald::sip
