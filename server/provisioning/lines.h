// server/provisioning/lines.h: records as lines of fields with a tab behind each, as the store
// keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace herald::server {

/// The package of rows that belong to no subscription.
inline constexpr std::string_view kProvisioning = "provisioning";

/// What would end a field or a line is escaped.
void append_field(std::string& out, std::string_view text);
void append_time(std::string& out, base::WallTime time);

/// Takes the next field off `line`; empty where there is none.
std::string next_field(std::string_view& line);
/// nullopt: it is no number.
std::optional<std::uint64_t> next_number(std::string_view& line);
std::optional<base::WallTime> next_time(std::string_view& line);

}  // namespace herald::server
