// packages/all.cpp: the list of event packages in this build.
#include <algorithm>
#include <functional>

#include "base/text.h"
#include "packages/package.h"
#include "packages/winfo.h"

/// One line for each package, in the order of Allow-Events: the function its file defines. Each of
/// them has watchers, so behind them come their winfo packages.
// clang-format off
#define HERALD_PACKAGES(package) \
    package(presence) \
    package(message_summary) \
    package(reg)
// clang-format on

namespace herald::packages {

#define HERALD_DECLARE(name) const Package& name();
HERALD_PACKAGES(HERALD_DECLARE)
#undef HERALD_DECLARE

const std::vector<const Package*>& all() {
#define HERALD_LIST(name) &name(),
    static const auto packages = with_winfo({HERALD_PACKAGES(HERALD_LIST)});
#undef HERALD_LIST
    return packages;
}

const Package& registrations() {
    static const Package& package =
        **std::find_if(all().begin(), all().end(),
                       [](const Package* each) { return each->profile().is_registration; });
    return package;
}

const Package* find(std::string_view event) {
    const auto by = [&](auto matches) -> const Package* {
        const auto found = std::find_if(all().begin(), all().end(), [&](const Package* package) {
            return matches(package->profile().event, event);
        });
        return found == all().end() ? nullptr : *found;
    };
    if (const Package* exact = by(std::equal_to<std::string_view>())) return exact;
    return by([](std::string_view a, std::string_view b) { return base::iequals(a, b); });
}

}  // namespace herald::packages
