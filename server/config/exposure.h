// server/config/exposure.h: what a configuration lays open, which may be meant: for warnings.
#pragma once

#include <string>
#include <vector>

#include "server/config/config.h"

namespace herald::server {

/// What can be read on the way, or done without proof, from beyond this machine: a sentence each,
/// which begins with the key it is about.
std::vector<std::string> exposures(const Config& config);

}  // namespace herald::server
