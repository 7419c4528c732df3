// packages/generic.h: an event package that needs no code: documents are passed on as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "packages/package.h"

namespace herald::packages {

/// What becomes of the documents of several publishers.
enum class Composition : std::uint8_t {
    last,  ///< the latest one is the state
    none,  ///< each is told, in a NOTIFY of its own
    keys,  ///< lines "key: value", of each key the latest
};

/// What a package without code is made of.
struct GenericProfile {
    std::string event;
    std::string title;
    std::vector<std::string> types;  ///< the first one is the default
    Composition composition = Composition::last;
    Access access = Access::owner;
    bool is_published_by_owner = false;
    std::uint32_t default_expires = 3600;
    std::uint32_t max_expires = 86400;
    std::size_t max_body = 65536;
    std::string empty;  ///< what is told where nothing was published
    std::string reference = "configuration";
};

std::unique_ptr<Package> generic(GenericProfile profile);

/// From now on all() has these behind those of this build, and none that were installed before.
/// Call it before there is a second thread. Packages stay where they are for ever.
void install(const std::vector<GenericProfile>& profiles);
/// Whether this build has a package of the name.
bool is_built_in(std::string_view event);

}  // namespace herald::packages
