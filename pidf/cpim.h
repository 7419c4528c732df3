// pidf/cpim.h: Message/CPIM (RFC 3862): the headers of a message and the MIME part inside it.
//
//   From: <im:alice@example.com>         message headers
//   NS: imdn <urn:ietf:params:imdn>
//   imdn.Message-ID: 34jk324j
//
//   Content-type: text/plain             headers of the content
//
//   Hello                                content
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::pidf {

inline constexpr std::string_view kCpimType = "message/cpim";

/// One line, as views into the body.
struct CpimHeader {
    std::string_view prefix;      ///< before the dot of the name; empty: none
    std::string_view name;        ///< behind it
    std::string_view parameters;  ///< ";lang=fr" without the first `;`
    std::string_view value;       ///< still escaped
};

/// A message as read; everything is a view into the body given to parse_cpim().
struct Cpim {
    std::vector<CpimHeader> headers;
    std::vector<CpimHeader> content_headers;  ///< names as written, any case
    std::string_view content;

    /// Value of the first header `name` of the namespace `uri`, whatever its prefix there; an empty
    /// uri: of RFC 3862 itself. Names differ by case; some clients write them in lower case all the
    /// same, so that is a second choice.
    std::optional<std::string_view> value(std::string_view uri, std::string_view name) const;
    std::vector<std::string_view> values(std::string_view uri, std::string_view name) const;
    /// Likewise of the content, in any case.
    std::optional<std::string_view> content_value(std::string_view name) const;

private:
    std::string_view namespace_of(std::size_t header) const;
};

/// Lines may end with LF alone, and a colon may stand without a blank behind it. Faults: malformed
/// (no colon, no blank line, too many or too long lines).
Result<Cpim> parse_cpim(std::string_view body);

/// Without escapes (RFC 3862 2.3): \uXXXX becomes UTF-8, an unknown \x is x, a lone \ at the end is
/// dropped.
std::string unescape_cpim(std::string_view value);
/// With what is needed to stand in a header: no control characters.
std::string escape_cpim(std::string_view text);

/// The value of `lang` (RFC 3862 4.7); empty: none.
std::string_view language_of(const CpimHeader& header);

/// The URI of a From or To value: what stands in <>, else all of it.
std::string_view uri_of_cpim(std::string_view value);

}  // namespace herald::pidf
