// http/target.h: the path and query of a request (RFC 3986), and addresses-of-record written in
// them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace herald::http {

struct Target {
    std::string path;                ///< as sent, without the query
    std::vector<std::string> parts;  ///< of the path, decoded once after it was split
    std::vector<std::pair<std::string, std::string>> query;  ///< decoded once; `+` stays `+`
};

/// Takes "/v1/accounts/alice%40example.com?x=y", also behind "http://host". Faults: malformed: an
/// incomplete escape, bytes that are not UTF-8, control characters, a parameter given twice.
Result<Target> parse_target(std::string_view target);

/// A value as it stands in a query.
std::string escaped_parameter(std::string_view value);

/// "alice@example.com" or "sip:alice@example.com" as canonical AOR with a user part. Faults:
/// malformed.
Result<std::string> aor_of(std::string_view text);

/// The user part of a canonical AOR, unescaped.
std::string user_of(std::string_view aor);

}  // namespace herald::http
