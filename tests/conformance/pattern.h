// tests/conformance/pattern.h: how stories say what a line looks like: text with `*` and `{names}`.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace herald::conformance {

/// What a story has named so far.
using Names = std::map<std::string, std::string, std::less<>>;

/// Whether all of `text` is as `pattern` says: `*` is any text, `{name}` the text of that name or,
/// where the name is new, any text, which it then names. Both take as little as they can. `names`
/// changes only on success.
bool matches(std::string_view pattern, std::string_view text, Names& names);

/// `text` with every `{name}` replaced; braces around anything but lower-case words stay. Faults:
/// not_found (a name nothing was given yet).
Result<std::string> substitute(std::string_view text, const Names& names);

}  // namespace herald::conformance
