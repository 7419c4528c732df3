// tests/conformance/story_ways.h: which stories can be told with everybody on a stream.
#pragma once

#include <string_view>

#include "tests/conformance/story.h"

namespace herald::conformance {

/// Why a story is about UDP, or about another way than the one its messages would come by; empty:
/// it is not. Static text.
std::string_view only_by_udp(const Story& story);

}  // namespace herald::conformance
