// server/core/resource.h: one AOR under one package: its publications, its watchers, what they were
// told.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/task.h"
#include "base/time.h"
#include "base/timers.h"
#include "packages/package.h"
#include "pidf/permissions.h"
#include "server/core/package_counters.h"
#include "store/records.h"

namespace herald::server {

/// One piece of event state in memory.
struct Publication {
    std::uint64_t id = 0;
    std::uint64_t mark = 0;  ///< hash of the request that made its last change
    std::string entity_tag;
    std::string source;
    std::string publisher;
    packages::Rank rank = packages::Rank::published;
    base::WallTime arrived{};
    base::WallTime expires_at{};  ///< zero: never
    std::uint32_t granted = 0;
    base::TimerId expiry;
    packages::DocumentPtr document;
    std::string type;
    std::string body;  ///< as published, for operators; empty where it can be had from the store
    std::uint64_t changed = 0;  ///< Resource::version when it changed last
    packages::Cause cause = packages::Cause::made;
    base::Budget::Share share;  ///< of what everybody's take together

    /// False for what is made from other state in memory, and made again after a start.
    bool is_stored() const noexcept { return id != 0; }
    bool is_permanent() const noexcept { return expires_at == base::WallTime{}; }
};

/// A publication that is gone, or a document that was replaced, kept for watchers who have not been
/// told so (packages with partial documents).
struct Departed {
    std::string source;
    packages::Rank rank = packages::Rank::published;
    packages::DocumentPtr document;
    std::uint64_t changed = 0;
    packages::Cause cause = packages::Cause::removed;
    std::uint32_t retry_after = 0;  ///< seconds
};

/// How a watcher of another package changed last, kept for who has not been told so (packages that
/// list watchers).
struct WatcherChange {
    std::uint64_t changed = 0;  ///< Resource::version of the list by then
    packages::Watcher watcher;  ///< without its uri
    std::string uri;
};

/// What is kept for watchers who have not been told so.
struct Departures {
    std::vector<Departed> documents;
    std::vector<WatcherChange> watchers;
};

/// What a watcher has been told of a resource.
struct KnownState {
    std::uint64_t version = 0;  ///< Resource::version by then; 0: nothing that counts
    bool is_certain = false;    ///< he has that document; else it may never have come
};

/// Watchers that are told alike, whatever the type of the body.
struct Audience {
    std::string entity{};                                    ///< empty: the AOR itself
    std::shared_ptr<const pidf::Permissions> permissions{};  ///< null: everything
    std::string manner{};                                    ///< Package::manner()

    bool is_usual() const noexcept { return entity.empty() && !permissions && manner.empty(); }
    bool is_fabricated() const noexcept { return permissions && permissions->is_fabricated; }
};

/// What one class of watchers gets, composed at most once per version.
struct ViewState {
    explicit ViewState(std::uint8_t its_type = 0, Audience its_audience = {})
        : type(its_type),
          audience_(its_audience.is_usual()
                        ? nullptr
                        : std::make_unique<const Audience>(std::move(its_audience))) {}

    const Audience& audience() const noexcept;

    std::uint8_t type;          ///< index in Profile::notify_types
    bool is_vacant = false;     ///< of no watcher: the next class takes its place
    std::uint64_t version = 0;  ///< of the resource, when `composed` was made
    std::uint64_t fingerprint = 0;
    std::shared_ptr<const packages::Composed> composed;
    /// The document for watchers who know everything up to `since`.
    struct Partial {
        std::uint64_t since, version;
        std::shared_ptr<const packages::Composed> composed;
    };
    std::unique_ptr<Partial> partial;
    /// What was listed at the versions that watchers may know, latest last: a few.
    struct Listed {
        std::uint64_t version;
        std::shared_ptr<const packages::Listing> listing;
    };
    std::unique_ptr<std::vector<Listed>> listed;

    /// Notes what is listed now, at `now` of the resource, where the package says.
    void note_listing(std::uint64_t now);
    /// nullptr: not known any more.
    const packages::Listing* listed_at(std::uint64_t at) const noexcept;

private:
    std::unique_ptr<const Audience> audience_;  ///< null: the usual one, which most resources have
};

/// What all resources of a package share. Stays at its place while its table lives.
struct InstalledPackage {
    const packages::Package* package = nullptr;
    packages::SettingsPtr settings;
    packages::DocumentPtr common;  ///< EventState::common
    /// Makes EventState::watchers for the resource of an AOR; empty for packages that list none.
    std::function<std::vector<packages::Watcher>(std::string_view aor)> watchers;
    /// Packages that list the watchers of this one.
    std::vector<const packages::Package*> listed_by;
    std::unique_ptr<PackageCounters> counters;
};

struct Resource {
    static constexpr std::uint32_t kNone = UINT32_MAX;

    std::string aor;
    store::Cell cell{};
    std::uint32_t cell_index = 0;  ///< its place among those of its cell
    const packages::Package* package = nullptr;
    const InstalledPackage* installed = nullptr;  ///< nullptr: the defaults
    std::vector<Publication> publications;
    std::vector<std::uint32_t> watchers;  ///< slots of subscriptions
    std::vector<ViewState> views;
    /// Work waiting for the change under way, in order of arrival.
    std::unique_ptr<std::deque<base::Task<void()>>> waiting;
    std::unique_ptr<Departures> departed;
    base::WallTime stale_at{};  ///< composed again then; zero: never
    /// When the oldest change that not all watchers have answered was requested; zero: there is
    /// none.
    base::Instant untold_since{};
    std::uint64_t version = 1;                ///< of the state, in this run
    std::uint64_t departed_before = 0;        ///< departures up to this version are forgotten
    std::uint64_t confirmed_fingerprint = 0;  ///< as stored, 0: none
    std::uint64_t confirmed_through = 0;
    std::uint32_t unconfirmed = 0;  ///< watchers that have not answered the latest document
    std::uint32_t fan_out_at = 0;   ///< next watcher of the fan-out under way
    bool is_changing = false;       ///< a durable change is under way
    bool is_dirty = false;          ///< in the fan-out queue
    bool is_dirty_again = false;    ///< changed during the fan-out under way: one more follows
    bool is_held = false;           ///< in use by a caller: must not be dropped
    bool is_confirmable = false;    ///< in the queue of confirmations to write
    bool is_settled_again = false;  ///< changed again, and told, since it joined that queue

    /// The publication a PUBLISH may change.
    const Publication* by_tag(std::string_view entity_tag) const noexcept;
    const Publication* by_mark(std::uint64_t mark) const noexcept;
    Publication* by_id(std::uint64_t id) noexcept;
    /// One that is not stored.
    Publication* unstored_by(std::string_view source) noexcept;
    /// Not one that is only remembered.
    const Publication* by_source(std::string_view source) const noexcept;
    /// What is there and what is remembered, for the package.
    std::vector<packages::Input> inputs() const;
    /// How its document for who may see everything comes about (Package::steps).
    std::vector<std::string> steps(base::WallTime now) const;
    bool is_idle() const noexcept {
        return publications.empty() && watchers.empty() && !is_changing && !is_dirty &&
               !is_confirmable && !is_held && !waiting && confirmed_fingerprint == 0;
    }

    /// Index in `views` of a view that is made if it is missing; beyond 64 spellings the AOR's own
    /// view is shared; beyond 1,024 classes nothing is shown to another one, and beyond 64 KiB of
    /// manners another one has none.
    std::uint16_t view_for(std::uint8_t type, std::string_view entity,
                           const std::shared_ptr<const pidf::Permissions>& permissions = nullptr,
                           std::string_view manner = {});
    std::uint16_t view_for(std::uint8_t type, const Audience& audience) {
        return view_for(type, audience.entity, audience.permissions, audience.manner);
    }
    /// The document of a view as of now, composed where the cached one is old.
    const packages::Composed& compose(ViewState& view, base::WallTime now);
    /// The document for a watcher who knows `known`: a partial one, or one with the items that came
    /// later. The whole document without items if there is nothing of the kind to tell, or it is
    /// forgotten.
    std::shared_ptr<const packages::Composed> compose_since(ViewState& view, KnownState known,
                                                            base::WallTime now);
    /// Whether one more view may have it: some has it, or all together are short enough.
    bool has_room_for(std::string_view manner) const noexcept;
    /// Makes room: classes with a manner are dropped unless `is_used` says that watchers are of it.
    void vacate(const std::function<bool(std::uint16_t view)>& is_used);
    /// Keeps a document that is gone until every watcher has been told so.
    void note_departure(const Publication& publication, packages::Cause cause,
                        std::uint32_t retry_after);
    /// ... and how a watcher changed, in a resource that lists watchers.
    void note_watcher(const packages::Watcher& watcher);
    bool has_departures() const noexcept { return departed != nullptr; }
    /// Called when everybody was told.
    void forget_departed() noexcept;
    /// Whether its documents list watchers and tell changes: whoever knows an earlier version has
    /// something to be told, and nothing has to be composed to know that.
    bool is_watcher_log() const noexcept {
        return installed && installed->watchers && package->profile().is_partial;
    }
    /// Frees the documents; they are composed again when they are needed.
    void release_documents() noexcept {
        for (auto& view : views) {
            view.composed.reset();
            view.partial.reset();
        }
    }
    /// Whether an up-to-date view has a document for watchers who know everything up to `since`.
    bool has_document_since(const ViewState& view, std::uint64_t since) const noexcept;
    packages::View wanted_view(const ViewState& view) const;
    /// Everything, with the items that came after `since`.
    std::shared_ptr<const packages::Composed> compose_whole(ViewState& view, std::uint64_t since,
                                                            base::WallTime now) const;
    /// Fingerprint of the package's default view: what confirmations are about.
    std::uint64_t canonical_fingerprint(base::WallTime now) const;
};

/// A publication as the store keeps it.
store::Publication row_of(const packages::Package& package, std::string_view aor,
                          const Publication& publication, store::RequestMark mark);

}  // namespace herald::server
