// packages/all.cpp: the list of event packages in this build.
#include <algorithm>
#include <functional>

#include "base/text.h"
#include "packages/generic.h"
#include "packages/package.h"
#include "packages/winfo.h"

/// One line for each package, in the order of Allow-Events: the function its file defines. Each of
/// them has watchers, so behind them come their winfo packages.
// clang-format off
#define HERALD_PACKAGES(package) \
    package(presence) \
    package(message_summary) \
    package(reg) \
    package(dialog) \
    package(dialog_sla) \
    package(dialog_ma) \
    package(dialog_shared) \
    package(conference) \
    package(ua_profile)
// clang-format on

namespace herald::packages {

#define HERALD_DECLARE(name) const Package& name();
HERALD_PACKAGES(HERALD_DECLARE)
#undef HERALD_DECLARE

namespace {

const std::vector<const Package*>& built_in() {
#define HERALD_LIST(name) &name(),
    static const auto packages = with_winfo({HERALD_PACKAGES(HERALD_LIST)});
#undef HERALD_LIST
    return packages;
}

std::vector<const Package*>& known() {
    static std::vector<const Package*> packages = built_in();
    return packages;
}

/// The one package of which this is true.
const Package& only(bool Profile::*claim) {
    return **std::find_if(built_in().begin(), built_in().end(),
                          [claim](const Package* each) { return each->profile().*claim; });
}

}  // namespace

const std::vector<const Package*>& all() {
    return known();
}

void install(const std::vector<GenericProfile>& profiles) {
    static std::vector<std::unique_ptr<Package>> installed;
    auto all = built_in();
    for (const auto& profile : profiles) {
        installed.push_back(generic(profile));
        all.push_back(installed.back().get());
    }
    known() = with_winfo(std::move(all));
}

bool is_built_in(std::string_view event) {
    return std::any_of(built_in().begin(), built_in().end(), [event](const Package* package) {
        return base::iequals(package->profile().event, event);
    });
}

const Package& registrations() {
    static const Package& package = only(&Profile::is_registration);
    return package;
}

const Package& ruled_by_default() {
    static const Package& package = only(&Profile::is_ruled_by_default);
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

const Package* find(std::string_view type, std::string_view parameters) {
    while (!parameters.empty()) {
        const auto [parameter, rest, found] = base::split_once(parameters, ';');
        const auto name = base::trim(base::split_once(parameter, '=').before);
        for (const Package* package : all()) {
            const auto event = base::split_once(package->profile().event, ';');
            if (event.found && base::iequals(event.before, type) &&
                base::iequals(event.after, name))
                return package;
        }
        parameters = rest;
    }
    return type.find(';') == std::string_view::npos ? find(type) : nullptr;
}

}  // namespace herald::packages
