// tests/sample/door_watchers.cpp: a sample package whose documents are about another package's
// watchers: one line for each of them (RFC 3857).
#include "base/id.h"
#include "packages/package.h"

namespace herald::packages {
namespace {

constexpr std::string_view kWatchersType = "text/vnd.example.watchers";

std::string_view name_of(WatcherStatus status) {
    constexpr std::string_view kNames[] = {"pending", "active", "waiting", "terminated"};
    return kNames[static_cast<std::size_t>(status)];
}

std::string_view name_of(WatcherEvent event) {
    constexpr std::string_view kNames[] = {"subscribe", "approved", "deactivated", "probation",
                                           "rejected",  "timeout",  "giveup",      "noresource"};
    return kNames[static_cast<std::size_t>(event)];
}

class DoorWatchers final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "door.winfo",
            .title = "Watchers of doors",
            .notify_types = {kWatchersType},
            .watchers_of = "door",
            .reference = "a sample",
        };
        return profile;
    }

    Result<DocumentPtr> admit(const Document&, const Settings*) const override {
        return Fault{FaultKind::malformed, "watchers are not published"};
    }

    Composed compose(const EventState& state, const View& view) const override {
        std::string text = "watchers:\n";
        std::string lasting;
        for (const Watcher& watcher : state.watchers) {
            std::string line(name_of(watcher.status));
            line.append(" ").append(name_of(watcher.event)).append(" ").append(watcher.uri);
            text += line + "\n";
            // That a terminated watcher leaves the list is no news.
            if (watcher.status != WatcherStatus::terminated) lasting += line + "\n";
        }
        constexpr base::HashKey kFixed{3, 4};
        return {{std::string(view.type), std::move(text)}, base::keyed_hash(kFixed, lasting)};
    }
};

}  // namespace

const Package& door_watchers() {
    static const DoorWatchers package;
    return package;
}

}  // namespace herald::packages
