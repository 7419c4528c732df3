// server/config/secret_files.h: secrets that others on this machine can read.
#pragma once

#include <string>
#include <vector>

#include "server/config/config.h"

namespace herald::server {

/// The files with keys and passwords that are there and that others may read, and `file` itself,
/// the configuration, where passwords stand in it: a sentence each, which begins with the key.
std::vector<std::string> exposed_secrets(const Config& config, const std::string& file);

}  // namespace herald::server
