// pidf/ruleset_text.h: rules written as a document of RFC 4745 and RFC 5025.
#pragma once

#include <string>

#include "pidf/common_policy.h"

namespace herald::pidf {

/// application/auth-policy+xml that parse_ruleset() reads as the same rules. What was not
/// understood when they were read stays something that nobody understands: such a rule matches
/// nobody.
std::string to_text(const Ruleset& ruleset);

}  // namespace herald::pidf
