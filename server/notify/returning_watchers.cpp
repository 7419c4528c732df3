// server/notify/returning_watchers.cpp: a device that registers can be reached again.
#include "server/notify/returning_watchers.h"

namespace herald::server {

void ReturningWatchers::on_registered(const std::string& aor, std::string_view flow) {
    if (flow.empty()) return;
    context_.peers.post_where<SilentWatchers>(
        [](const SilentWatchers& silent) { return silent.has_any(); },
        [aor](SilentWatchers& silent) { silent.on_registered(aor); });
}

}  // namespace herald::server
