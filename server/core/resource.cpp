// server/core/resource.cpp: one AOR under one package: its publications, its watchers, what they
// were told.
#include "server/core/resource.h"

#include <algorithm>
#include <optional>

#include "server/core/publication_source.h"

namespace herald::server {

namespace {

constexpr std::size_t kMaxViews = 64;
constexpr std::size_t kMaxClasses = 1024;
constexpr std::size_t kMaxMannerBytes = 65536;
constexpr std::size_t kMaxListed = 4;
constexpr std::size_t kMaxDeparted = 64;
constexpr std::size_t kMaxWatcherChanges = 256;
/// A URI may be long.
constexpr std::size_t kMaxWatcherBytes = 65536;

/// The last change of each watcher that changed after `since`, oldest first.
std::vector<packages::Watcher> watchers_since(const Resource& resource, std::uint64_t since) {
    std::vector<packages::Watcher> watchers;
    if (!resource.departed) return watchers;
    for (const auto& change : resource.departed->watchers) {
        if (change.changed <= since) continue;
        std::erase_if(watchers, [&](const auto& each) { return each.id == change.watcher.id; });
        watchers.push_back(change.watcher);
        watchers.back().uri = change.uri;
    }
    return watchers;
}

packages::Composed compose_view(const Resource& resource, const packages::View& view,
                                base::WallTime now) {
    std::vector<packages::Input> inputs;
    // A watcher that is politely blocked gets the document of somebody who never published.
    if (view.permissions && view.permissions->is_fabricated)
        return resource.package->compose({resource.aor, inputs, now}, view);
    inputs = resource.inputs();
    if (resource.departed && view.since != 0) {
        for (const auto& gone : resource.departed->documents)
            inputs.push_back({gone.source,
                              gone.rank,
                              {},
                              gone.document.get(),
                              {},
                              gone.changed,
                              gone.cause,
                              true,
                              gone.retry_after});
    }
    packages::EventState state{resource.aor, inputs, now};
    std::vector<packages::Watcher> watchers;
    if (const auto* installed = resource.installed) {
        state.settings = installed->settings.get();
        state.common = installed->common.get();
        if (installed->watchers) {
            watchers = view.since != 0 ? watchers_since(resource, view.since)
                                       : installed->watchers(resource.aor);
            state.watchers = watchers;
        }
    }
    return resource.package->compose(state, view);
}

/// Of the default view, if it was composed as things are; its document may be released again.
std::optional<std::uint64_t> composed_fingerprint(const Resource& resource, base::WallTime now) {
    const bool is_stale = resource.stale_at != base::WallTime{} && resource.stale_at <= now;
    if (is_stale || resource.package->profile().is_partial) return std::nullopt;
    for (const auto& view : resource.views) {
        if (view.type == 0 && view.version == resource.version && view.audience().is_usual())
            return view.fingerprint;
    }
    return std::nullopt;
}

}  // namespace

const Audience& ViewState::audience() const noexcept {
    static const Audience kUsual;
    return audience_ ? *audience_ : kUsual;
}

const Publication* Resource::by_tag(std::string_view entity_tag) const noexcept {
    const auto found =
        std::find_if(publications.begin(), publications.end(), [&](const Publication& candidate) {
            return !candidate.is_permanent() && candidate.entity_tag == entity_tag &&
                   candidate.rank != packages::Rank::remembered;
        });
    return found == publications.end() ? nullptr : &*found;
}

const Publication* Resource::by_mark(std::uint64_t mark) const noexcept {
    if (mark == 0) return nullptr;
    const Maker maker(mark);
    const auto found =
        std::find_if(publications.begin(), publications.end(), [&](const Publication& candidate) {
            return candidate.mark == mark || maker.made(candidate.source);
        });
    return found == publications.end() ? nullptr : &*found;
}

Publication* Resource::by_id(std::uint64_t id) noexcept {
    const auto found =
        std::find_if(publications.begin(), publications.end(),
                     [&](const Publication& candidate) { return candidate.id == id; });
    return found == publications.end() ? nullptr : &*found;
}

Publication* Resource::unstored_by(std::string_view source) noexcept {
    const auto found =
        std::find_if(publications.begin(), publications.end(), [&](const Publication& candidate) {
            return !candidate.is_stored() && candidate.source == source;
        });
    return found == publications.end() ? nullptr : &*found;
}

const Publication* Resource::by_source(std::string_view source) const noexcept {
    const auto found =
        std::find_if(publications.begin(), publications.end(), [&](const Publication& candidate) {
            return candidate.source == source && candidate.rank != packages::Rank::remembered;
        });
    return found == publications.end() ? nullptr : &*found;
}

std::vector<packages::Input> Resource::inputs() const {
    std::vector<packages::Input> inputs;
    inputs.reserve(publications.size());
    for (const auto& publication : publications) {
        if (!publication.document) continue;
        inputs.push_back({publication.source, publication.rank, publication.arrived,
                          publication.document.get(), publication.publisher, publication.changed,
                          publication.cause});
    }
    return inputs;
}

std::vector<std::string> Resource::steps(base::WallTime now) const {
    const auto all = inputs();
    packages::EventState state{aor, all, now};
    if (installed != nullptr) state.settings = installed->settings.get();
    return package->steps(state);
}

void ViewState::note_listing(std::uint64_t now) {
    if (!composed || !composed->listing) return;
    if (!listed) listed = std::make_unique<std::vector<Listed>>();
    if (!listed->empty() && listed->back().version == now) return;
    if (listed->size() == kMaxListed) listed->erase(listed->begin());
    listed->push_back({now, composed->listing});
}

const packages::Listing* ViewState::listed_at(std::uint64_t at) const noexcept {
    if (!listed) return nullptr;
    const auto found = std::find_if(listed->begin(), listed->end(),
                                    [at](const Listed& each) { return each.version == at; });
    return found == listed->end() ? nullptr : found->listing.get();
}

bool Resource::has_room_for(std::string_view manner) const noexcept {
    if (manner.empty()) return true;
    std::size_t bytes = manner.size();
    for (const auto& view : views) {
        if (view.audience().manner == manner) return true;
        bytes += view.audience().manner.size();
    }
    return bytes <= kMaxMannerBytes;
}

void Resource::vacate(const std::function<bool(std::uint16_t view)>& is_used) {
    for (std::size_t i = 0; i < views.size(); ++i) {
        auto& view = views[i];
        if (view.audience().manner.empty() || is_used(static_cast<std::uint16_t>(i))) continue;
        view = ViewState();
        view.is_vacant = true;
    }
}

std::uint16_t Resource::view_for(std::uint8_t type, std::string_view entity,
                                 const std::shared_ptr<const pidf::Permissions>& permissions,
                                 std::string_view manner) {
    static const auto kNothing = std::make_shared<const pidf::Permissions>();
    if (entity == aor || views.size() >= kMaxViews) entity = {};
    const auto& wanted = permissions && views.size() >= kMaxClasses ? kNothing : permissions;
    if (!has_room_for(manner)) manner = {};
    const auto is_same = [&wanted](const auto& other) {
        return wanted == other || (wanted && other && *wanted == *other);
    };
    std::size_t place = views.size();
    for (std::size_t i = 0; i < views.size(); ++i) {
        const auto& audience = views[i].audience();
        if (views[i].is_vacant) {
            place = i;
        } else if (views[i].type == type && audience.entity == entity &&
                   is_same(audience.permissions) && audience.manner == manner) {
            return static_cast<std::uint16_t>(i);
        }
    }
    if (place == views.size()) views.emplace_back();
    views[place] = ViewState(type, {std::string(entity), wanted, std::string(manner)});
    return static_cast<std::uint16_t>(place);
}

const packages::Composed& Resource::compose(ViewState& view, base::WallTime now) {
    if (!view.composed || view.version != version) {
        view.composed =
            std::make_shared<const packages::Composed>(compose_view(*this, wanted_view(view), now));
        view.version = version;
        if (installed && installed->counters) installed->counters->documents_composed.add();
        // Watchers that are told changes are told each one.
        view.fingerprint = package->profile().is_partial && !view.audience().is_fabricated()
                               ? version
                               : view.composed->fingerprint;
    }
    return *view.composed;
}

std::shared_ptr<const packages::Composed> Resource::compose_since(ViewState& view, KnownState known,
                                                                  base::WallTime now) {
    compose(view, now);
    const auto since = known.version;
    const auto* listing = known.is_certain && since < version ? view.listed_at(since) : nullptr;
    if (listing == nullptr && !has_document_since(view, since)) return view.composed;
    // Whoever may be told changes, and is not, needs what others of his class do not.
    if (listing == nullptr && view.composed->listing) return compose_whole(view, since, now);
    if (!view.partial || view.partial->since != since || view.partial->version != version) {
        packages::View wanted = wanted_view(view);
        wanted.since = since;
        wanted.known = listing;
        view.partial = std::make_unique<ViewState::Partial>(ViewState::Partial{
            since, version,
            std::make_shared<const packages::Composed>(compose_view(*this, wanted, now))});
    }
    return view.partial->composed;
}

std::shared_ptr<const packages::Composed> Resource::compose_whole(ViewState& view,
                                                                  std::uint64_t since,
                                                                  base::WallTime now) const {
    packages::View wanted = wanted_view(view);
    wanted.since = since;
    return std::make_shared<const packages::Composed>(compose_view(*this, wanted, now));
}

bool Resource::has_document_since(const ViewState& view, std::uint64_t since) const noexcept {
    if (since == 0 || since >= version || view.audience().is_fabricated()) return false;
    return package->profile().is_partial ? since >= departed_before
                                         : view.composed->newest_item > since;
}

packages::View Resource::wanted_view(const ViewState& view) const {
    const auto& [entity, permissions, manner] = view.audience();
    return {package->profile().notify_types[view.type],
            entity.empty() ? std::string_view(aor) : std::string_view(entity),
            0,
            permissions.get(),
            manner,
            nullptr};
}

void Resource::forget_departed() noexcept {
    departed_before = version;
    departed.reset();
}

void Resource::note_watcher(const packages::Watcher& watcher) {
    if (!package->profile().is_partial || watchers.empty()) return;
    if (!departed) departed = std::make_unique<Departures>();
    auto& log = departed->watchers;
    std::size_t bytes = watcher.uri.size();
    for (const auto& change : log) bytes += change.uri.size();
    while (!log.empty() && (log.size() == kMaxWatcherChanges || bytes > kMaxWatcherBytes)) {
        departed_before = std::max(departed_before, log.front().changed);
        bytes -= log.front().uri.size();
        log.erase(log.begin());
    }
    log.push_back({version + 1, watcher, std::string(watcher.uri)});
    log.back().watcher.uri = {};
}

void Resource::note_departure(const Publication& publication, packages::Cause cause,
                              std::uint32_t retry_after) {
    if (!package->profile().is_partial || watchers.empty()) return;
    if (!departed) departed = std::make_unique<Departures>();
    auto& log = departed->documents;
    if (log.size() == kMaxDeparted) {
        departed_before = log.front().changed;
        log.erase(log.begin());
    }
    log.push_back({publication.source, publication.rank, publication.document, version + 1, cause,
                   retry_after});
}

std::uint64_t Resource::canonical_fingerprint(base::WallTime now) const {
    const auto known = composed_fingerprint(*this, now);
    const auto fingerprint =
        known
            ? *known
            : compose_view(*this, {package->profile().notify_types.front(), aor}, now).fingerprint;
    return fingerprint == 0 ? 1 : fingerprint;
}

store::Publication row_of(const packages::Package& package, std::string_view aor,
                          const Publication& publication, store::RequestMark mark) {
    store::Publication row;
    row.id = publication.id;
    row.package = package.profile().event;
    row.aor = aor;
    row.entity_tag = publication.entity_tag;
    row.source = publication.source;
    row.publisher = publication.publisher;
    row.rank = static_cast<std::uint8_t>(publication.rank);
    row.arrived = publication.arrived;
    row.expires_at = publication.expires_at;
    row.granted = publication.granted;
    row.mark = std::move(mark);
    row.type = publication.type;
    row.body = publication.body;
    return row;
}

}  // namespace herald::server
