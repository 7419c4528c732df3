// server/core/fan_out.cpp: where every applied change of event state ends, whoever made it.
#include "server/core/fan_out.h"

namespace herald::server {

void FanOut::changed(std::uint32_t slot, std::optional<base::Instant> asked_at) {
    auto& resource = resources_[slot];
    ++resource.version;
    if (resource.untold_since == base::Instant{})
        resource.untold_since = asked_at.value_or(loop_.now());
    listeners_.tell(slot);
}

}  // namespace herald::server
