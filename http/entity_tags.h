// http/entity_tags.h: conditions on what is there, as requests name them (RFC 9110 13.1).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace herald::http {

/// The entity-tags of If-Match or If-None-Match (RFC 9110 8.8.3); "*" alone is one of them. A weak
/// one matches nothing: the tag of a document here changes with every byte. Faults: malformed.
Result<std::vector<std::string>> entity_tags(std::string_view name, std::string_view value);

/// The header ETag.
std::pair<std::string, std::string> tag_header(const std::string& tag);

}  // namespace herald::http
