// tests/fuzz/config_fuzz.cpp: any text as a configuration: mistakes or values, never a crash,
// values within their ranges.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/config/config.h"
#include "server/config/config_table.h"

using namespace herald;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto result = server::parse_config({reinterpret_cast<const char*>(data), size});
    if (result.config.domains.empty() || result.config.realm.empty()) std::abort();
    if (!result.mistakes.empty()) return 0;

    // What was accepted is accepted again as it is shown, and means the same.
    std::string shown;
    for (const server::ConfigKey& key : server::config_keys()) {
        shown += server::full_name(key) + " = " + server::shown(key, result.config) + "\n";
    }
    const auto again = server::parse_config(shown);
    if (!again.mistakes.empty() || !server::changed_keys(result.config, again.config).empty())
        std::abort();
    return 0;
}
