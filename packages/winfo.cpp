// packages/winfo.cpp: the template package winfo (RFC 3857): for each package X who watches it, as
// X.winfo, and who watches that, as X.winfo.winfo.
#include "packages/winfo.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>

#include "base/id.h"
#include "base/text.h"
#include "pidf/watcherinfo.h"

namespace herald::packages {
namespace {

constexpr std::string_view kSuffix = ".winfo";
constexpr std::array<std::string_view, 4> kStatuses{"pending", "active", "waiting", "terminated"};
constexpr std::array<std::string_view, 8> kEvents{"subscribe", "approved",  "deactivated",
                                                  "probation", "rejected",  "timeout",
                                                  "giveup",    "noresource"};

/// Most watchers that one document lists: first those who want a decision, then the others, each in
/// order of arrival.
constexpr std::size_t kMostListed = 1000;

bool wants_decision(const Watcher& watcher) noexcept {
    return watcher.status == WatcherStatus::pending || watcher.status == WatcherStatus::waiting;
}

pidf::WatcherElement element_of(const Watcher& watcher, base::WallTime now) {
    pidf::WatcherElement element;
    element.id = watcher.id;
    element.uri = watcher.uri;
    element.status = name_of(watcher.status);
    element.event = name_of(watcher.event);
    if (watcher.since != base::WallTime{})
        element.duration_subscribed = base::whole_seconds(now - watcher.since);
    if (watcher.status != WatcherStatus::terminated && watcher.expires_at != base::WallTime{})
        element.expiration =
            base::whole_seconds(watcher.expires_at - now + std::chrono::milliseconds(999));
    return element;
}

/// The watchers of a document: of a whole one those that are there (RFC 3857 4.7.2).
std::vector<pidf::WatcherElement> elements_of(const EventState& state, bool is_full) {
    std::vector<pidf::WatcherElement> elements;
    for (const bool is_first : {true, false}) {
        for (const Watcher& watcher : state.watchers) {
            if (elements.size() == kMostListed) return elements;
            const bool is_there = watcher.status != WatcherStatus::terminated;
            if (wants_decision(watcher) == is_first && (is_there || !is_full))
                elements.push_back(element_of(watcher, state.now));
        }
    }
    return elements;
}

/// Who is there, and how; how long is no news.
std::uint64_t fingerprint_of(const EventState& state) {
    std::string text;
    for (const Watcher& watcher : state.watchers) {
        if (watcher.status == WatcherStatus::terminated) continue;
        text.append(std::to_string(watcher.id)).append(name_of(watcher.status));
        text.append(watcher.uri).append("\n");
    }
    constexpr base::HashKey kFixed{0x68657261'6c642d77ULL, 0x61746368'65727300ULL};
    return base::keyed_hash(kFixed, text);
}

class Winfo final : public Package {
public:
    explicit Winfo(const Profile& watched)
        : event_(std::string(watched.event).append(kSuffix)),
          title_("Watchers of " + base::lower(watched.title)) {
        profile_.event = event_;
        profile_.title = title_;
        profile_.notify_types = {pidf::kWatcherinfoType};
        profile_.min_notify_interval = std::chrono::seconds(5);
        // Who watches the watchers is between them and the owner (RFC 3857 4.6).
        profile_.access = watched.watchers_of.empty() ? Access::owner : Access::owner_alone;
        profile_.is_published_by_owner = false;
        profile_.is_partial = true;
        profile_.watchers_of = watched.event;
        profile_.reference = "RFC 3857";
    }

    const Profile& profile() const noexcept override { return profile_; }

    Result<DocumentPtr> admit(const Document& /*body*/,
                              const Settings* /*settings*/) const override {
        return Fault{FaultKind::malformed, "watchers are not published"};
    }

    Composed compose(const EventState& state, const View& view) const override {
        const bool is_full = view.since == 0;
        auto written = pidf::to_text(
            {is_full, view.entity, profile_.watchers_of, elements_of(state, is_full)});
        Composed composed{{std::string(view.type), std::move(written.text)}};
        composed.fingerprint = fingerprint_of(state);
        composed.version_at = written.version_at;
        return composed;
    }

private:
    const std::string event_;
    const std::string title_;
    Profile profile_;
};

bool is_listed(const std::vector<const Package*>& packages, std::string_view event) {
    return std::any_of(packages.begin(), packages.end(),
                       [&](const Package* package) { return package->profile().event == event; });
}

}  // namespace

std::string_view name_of(WatcherStatus status) noexcept {
    return kStatuses[static_cast<std::size_t>(status)];
}

std::string_view name_of(WatcherEvent event) noexcept {
    return kEvents[static_cast<std::size_t>(event)];
}

std::string_view watched_package(std::string_view event) noexcept {
    while (event.ends_with(kSuffix)) event.remove_suffix(kSuffix.size());
    return event;
}

std::vector<const Package*> with_winfo(std::vector<const Package*> packages) {
    // As long as the process: packages are never taken back.
    static std::deque<Winfo> made;
    // The list grows meanwhile.
    for (std::size_t i = 0; i < packages.size(); ++i) {
        const auto& watched = packages[i]->profile();
        // A template goes with the name of a package, not with its parameters.
        const bool has_parameter = watched.event.find(';') != std::string_view::npos;
        if (has_parameter || watched.event.ends_with(".winfo.winfo")) continue;
        // Event fields name them with a parameter, which no template applies to.
        if (watched.event.find(';') != std::string_view::npos) continue;
        if (!is_listed(packages, std::string(watched.event).append(kSuffix)))
            packages.push_back(&made.emplace_back(watched));
    }
    return packages;
}

}  // namespace herald::packages
