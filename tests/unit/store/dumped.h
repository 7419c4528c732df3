// tests/unit/store/dumped.h: what `herald store dump` writes of a store.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/time.h"
#include "store/dump.h"

namespace herald::store::testing {

/// Sorted.
inline std::vector<std::string> lines_of(const std::string& url,
                                         const StoreOptions& options = {.is_inline = true}) {
    const base::ManualClock clock;
    std::vector<std::string> lines;
    const auto dumped = dump_store(url, options, clock,
                                   [&lines](std::string_view line) { lines.emplace_back(line); });
    REQUIRE_MESSAGE(dumped.has_value(), (dumped ? "" : dumped.fault().detail));
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace herald::store::testing
