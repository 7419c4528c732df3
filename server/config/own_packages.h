// server/config/own_packages.h: event packages that the operator makes up: [[package]] of the
// configuration file.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "packages/generic.h"
#include "packages/settings.h"

namespace herald::server {

/// One line of a [[package]]. `value` is false where the file has a type that no key has.
struct OwnPackageLine {
    std::string key;
    packages::Value value;
    unsigned line = 0;
};

/// Mistakes with their lines.
using LineMistakes = std::vector<std::pair<unsigned, std::string>>;

/// The package its lines describe, beside those there are already. `at`: its first line. Mistakes
/// are added to `mistakes`; what is returned is only good if there are none.
packages::GenericProfile own_package(const std::vector<OwnPackageLine>& lines, unsigned at,
                                     const std::vector<packages::GenericProfile>& earlier,
                                     LineMistakes& mistakes);

/// What [[package]] may have, for `herald config`: commented lines.
std::string_view own_package_example() noexcept;

}  // namespace herald::server
