// server/config/reload.h: what became of reading the configuration again.
#pragma once

#include <string>
#include <vector>

#include "server/config/config.h"

namespace herald::server {

struct ReloadReport {
    std::vector<std::string> applied;        ///< keys that count from now on
    std::vector<std::string> needs_restart;  ///< keys that count from the next start on
    std::vector<ConfigMistake> mistakes;     ///< not empty: nothing was taken over
    std::string failure{};                   ///< nobody could say; empty: it was read
};

}  // namespace herald::server
