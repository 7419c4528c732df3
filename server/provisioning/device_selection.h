// server/provisioning/device_selection.h: which of the registered devices are meant.
#pragma once

#include <string>
#include <vector>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/provisioning/jobs.h"

namespace herald::server {

/// All that is said must hold of a device.
struct DeviceSelection {
    base::TextSet aors;       ///< canonical; empty: anybody's
    base::TextSet instances;  ///< lower case, without <>; empty: any
    /// Patterns (config/recipes.h); empty: any.
    std::string user_agent, vendor, model;
    /// Its firmware is older than this (is_older()), and known; empty: any.
    std::string firmware_below;
    std::string domain;  ///< empty: any
};

/// The devices of one shard that are meant: one for each instance, the newest registration.
std::vector<FoundDevice> devices_of(Context& context, const DeviceSelection& selection);

}  // namespace herald::server
