// store/lists.h: lists of short texts as one column, an item per line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/records.h"

namespace herald::store {

/// nullopt where an item is empty or holds a line break.
std::optional<std::string> join_lines(const std::vector<std::string>& items);
std::vector<std::string> split_lines(std::string_view text);

/// Each line is the AOR, a blank and the package. nullopt where a part is empty or holds a blank or
/// line break.
std::optional<std::string> join_delegates(const std::vector<Delegation>& items);
std::vector<Delegation> split_delegates(std::string_view text);

}  // namespace herald::store
