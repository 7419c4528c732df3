// http/exposition.h: metrics in the Prometheus text format, version 0.0.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"

namespace herald::http {

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// The text of `samples`, sorted by name and labels. Of the buckets of a histogram every fourth is
/// shown: its bounds are powers of two.
std::string to_exposition(std::vector<base::Sample> samples);

/// What the operating system says of this process (process_*), and herald_build_info.
std::vector<base::Sample> process_samples(std::string_view version);

}  // namespace herald::http
