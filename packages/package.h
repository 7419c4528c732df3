// packages/package.h: the plug-in point: one file implements one event package (RFC 6665 7.2).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "packages/settings.h"

namespace herald::pidf {
struct Permissions;
}

namespace herald::packages {

/// A body with its media type (lower case, without parameters).
struct Document {
    std::string type;
    std::string body;
};

/// What a package made of one published document: checked, normalised, cheap to compose from.
/// Immutable and shared.
class Admitted {
public:
    virtual ~Admitted() = default;
    /// What of it had to be put right: a bit for each of Package::tolerances().
    std::uint32_t put_right = 0;
};
using DocumentPtr = std::shared_ptr<const Admitted>;

/// Decides conflicts between inputs, higher wins (docs/composition.md).
enum class Rank : std::uint8_t {
    fallback,
    registration,
    hard,
    derived,
    published,
    override_,
    remembered,  ///< no state any more: what is remembered of a publication that ended (remains())
};

/// What happened to a piece of state last.
enum class Cause : std::uint8_t {
    made,     ///< over SIP
    created,  ///< by an operator
    refreshed,
    shortened,
    expired,
    removed,
    deactivated,  ///< by an operator: may come back at once
    probation,    ///< ... after `retry_after`
    rejected,     ///< ... may not come back
};

/// One piece of event state, as compose() sees it.
struct Input {
    std::string_view
        source;  ///< stable for the life of the publication, unique within the resource
    Rank rank = Rank::published;
    base::WallTime arrived;  ///< of the last change that carried a body
    const Admitted* document = nullptr;
    std::string_view publisher{};  ///< AOR of who published it; empty: an operator, the server
    // For packages with partial documents:
    std::uint64_t changed = 0;  ///< rises with every change of the resource: when this one changed
    Cause cause = Cause::made;
    bool is_gone = false;           ///< was here lately
    std::uint32_t retry_after = 0;  ///< seconds, with Cause::probation
};

/// Where a watcher's subscription stands (RFC 3857 4.7.1).
enum class WatcherStatus : std::uint8_t {
    pending,
    active,
    waiting,  ///< gave up before the owner decided, who may still want to know
    terminated,
};

/// What brought it there (RFC 3858 4.3).
enum class WatcherEvent : std::uint8_t {
    subscribe,
    approved,
    deactivated,
    probation,
    rejected,
    timeout,
    giveup,
    noresource,
};

/// One subscription to the resource of the same AOR in the package Profile::watchers_of. A watcher
/// is listed as terminated until its last NOTIFY is answered or given up.
struct Watcher {
    std::uint64_t id = 0;  ///< stable for the life of the subscription, over restarts too
    std::string_view uri;
    WatcherStatus status = WatcherStatus::pending;
    WatcherEvent event = WatcherEvent::subscribe;
    base::WallTime since{};       ///< when it was asked for first; zero: not known any more
    base::WallTime expires_at{};  ///< when it ends by itself
};

/// Everything known about one resource. No inputs at all is a valid state.
struct EventState {
    std::string_view aor;           ///< canonical: sip:user@host
    std::span<const Input> inputs;  ///< what is there, then what went lately, oldest first
    base::WallTime now;
    const Settings* settings = nullptr;  ///< Package::settings(); nullptr: the defaults
    /// By id; empty without Profile::watchers_of. With View::since those only that changed later,
    /// in the order of their last changes.
    std::span<const Watcher> watchers{};
    /// What the server adds to the state of every resource of the package; nullptr: nothing.
    const Admitted* common = nullptr;
};

/// What a document lists that stays there until watchers are told otherwise, in the order of the
/// keys: for packages that tell some watchers only what changed of it.
struct Listing {
    struct Entry {
        std::string key;
        std::uint64_t fingerprint = 0;
    };
    std::vector<Entry> entries;
};

/// What one SUBSCRIBE says beside whom it is about, for packages whose documents differ by that.
struct Asked {
    std::string_view aor;  ///< of the resource, canonical
    /// Of Event: names as they were sent, values without quotes.
    std::span<const std::pair<std::string_view, std::string>> parameters;
    bool has_accept = false;                     ///< else any type is accepted
    std::span<const std::string_view> accepted;  ///< media ranges with their parameters
    std::string_view watcher;   ///< AOR of who asks, as far as it is proved; empty: anonymous
    std::string_view username;  ///< of that account, in digest authentication
    std::string_view instance, user_agent;
    std::string_view contact;             ///< a URI
    bool wants_partial_dialogs = false;   ///< says the watcher's account
    std::string_view address, transport;  ///< where it came from, without port: "tls"
    bool is_protected = false;            ///< by TLS, to the next hop
    bool can_prove = false;               ///< who is anonymous may be asked for a password
    bool is_known = false;                ///< there is somebody of this address
    bool is_owner = false;                ///< the watcher, or acts for him
    std::string_view earlier;             ///< what manner() said so far, within a dialog
    const Settings* settings = nullptr;
    const Admitted* common = nullptr;  ///< EventState::common
};

/// What one class of watchers may see.
struct View {
    std::string_view type;    ///< one of Profile::notify_types
    std::string_view entity;  ///< the URI the watchers asked for, without transport parameters
    /// If not 0, these watchers know everything up to this change: a partial document tells only
    /// later changes, a document with items lists only later items. With 0 no items are listed.
    std::uint64_t since = 0;
    /// What they may see (pidf/permissions.h); null: everything. Where that is fabricated the
    /// engine gives compose() no inputs, and it has nothing to do about it.
    const pidf::Permissions* permissions = nullptr;
    /// What manner() said of them; empty: nothing is known of them.
    std::string_view manner{};
    /// What was listed (Composed::listing) at `since`, which these watchers have for certain;
    /// nullptr: they are told everything.
    const Listing* known = nullptr;
    friend bool operator==(const View&, const View&) = default;
};

/// What compose() gives back.
struct Composed {
    Document document;
    /// Equal for documents that tell a watcher the same (timestamps left out): equal means no
    /// NOTIFY.
    std::uint64_t fingerprint = 0;
    /// When composing the same inputs again would give something else (an RPID `until` passes), if
    /// ever.
    std::optional<base::WallTime> stale_at;
    /// Where in the body each subscription's own document version is written; npos: nowhere.
    std::size_t version_at = std::string::npos;
    /// A document whose alert differs from that of the document last sent does not wait for
    /// Profile::min_notify_interval.
    std::uint8_t alert = 0;
    /// The latest change that brought an item (each watcher is told an item once); 0: no items.
    /// Watchers last told before that change are told again, whatever the fingerprint, with a
    /// document of their own (View::since).
    std::uint64_t newest_item = 0;
    /// The state in several documents, with a NOTIFY for each; empty: `document` is the whole
    /// state. Their names are unique; order and names do not depend on View::since.
    std::vector<Composed> parts;
    std::string name;  ///< of a part
    /// The body leaves by TLS only; on any other hop the NOTIFY goes without it.
    bool is_secret = false;
    /// Behind the Event of the NOTIFY: ";effective-by=60". Empty: nothing.
    std::string event_parameters;
    /// Of a view whose watchers may be told only what changed from now on; else nullptr.
    std::shared_ptr<const Listing> listing;
};

/// Who may see a resource whose owner has no rules of their own.
enum class Access : std::uint8_t {
    same_domain,  ///< the owner's domain at once; everybody else waits for the owner (pending)
    owner,        ///< owner and delegates only; everybody else is refused
    owner_alone,  ///< ... not even delegates
    enrolled,     ///< an account's resource as `owner`; any other's for who gets a manner()
};

/// What rules may withhold of a package's documents, which have such details (RFC 5025 3.3).
enum class Withheld : std::uint8_t {
    nothing,     ///< a document is shown whole or not at all
    attributes,  ///< of persons, services and devices
    call_details,
};

/// The constants of a package. Durations in seconds; 0 in min_notify_interval means unlimited.
struct Profile {
    /// Byte-exact package name. One with a parameter behind a semicolon, "dialog;sla", is for
    /// requests that have the parameter, and has nothing in common with the one without.
    std::string_view event;
    std::string_view title;                       ///< for people: "Message waiting"
    std::vector<std::string_view> publish_types;  ///< empty: PUBLISH is 489
    std::vector<std::string_view> notify_types;   ///< first is the default (RFC 6665 5.4.5)
    std::uint32_t default_expires = 3600;
    std::uint32_t min_expires = 60;
    std::uint32_t max_expires = 7200;
    std::chrono::milliseconds min_notify_interval{0};
    Access access = Access::owner;
    /// false: PUBLISH is for publishers, delegates and admins; owners change this state by other
    /// means.
    bool is_published_by_owner = true;
    /// compose() understands View::since.
    bool is_partial = false;
    /// A publisher account's new initial PUBLISH replaces its earlier one (composition rule CO-15).
    bool publisher_supersedes = false;
    /// Name of the package whose watchers EventState::watchers lists: "presence" for a package that
    /// tells who watches somebody's presence. Each change of a watcher is a change of the state.
    std::string_view watchers_of;
    Withheld withheld = Withheld::nothing;
    /// Rules that name no package are about this one, and its documents say in which sphere their
    /// owner is (RFC 5025 3.1.2). Of one package.
    bool is_ruled_by_default = false;
    /// REGISTER changes this state: a publication is a binding, and whoever has one exists. Of one
    /// package.
    bool is_registration = false;
    /// Documents differ by manner().
    bool has_manners = false;
    /// SUBSCRIBE enrols a device (RFC 6080): manner() alone decides about it, whoever asks for
    /// whom. Its types of bodies are those of what there is to tell; notify_types names none of
    /// them.
    bool is_enrolment = false;
    std::string_view section;      ///< of the configuration file, with keys(); empty: none
    std::size_t max_body = 65536;  ///< bytes of one published document; more is 413
    /// How many publications a publisher account may have for one of its users, where a source
    /// publishes each piece of state for itself; 0: as many as anybody.
    std::size_t max_publications = 0;
    /// How long remains() are kept, and as long as they are contradicted.
    std::chrono::seconds memory{0};
    std::string_view reference;  ///< "RFC 3856"
};

/// How one document of a source follows what it told before.
enum class Sequence : std::uint8_t {
    next,
    gap,   ///< it lacks one before it, or a call that may be there: all has to be asked for
    late,  ///< it is older than what is known
};

/// Pure functions of state: no clock, socket, thread or store in here. Called from any shard's
/// thread at once.
class Package {
public:
    virtual ~Package() = default;
    virtual const Profile& profile() const noexcept = 0;

    /// The keys of Profile::section. They live as long as the package.
    virtual std::span<const SettingKey> keys() const { return {}; }
    /// What the package makes of values for all its keys, each of which passed its check; handed
    /// back wherever `settings` are asked for below.
    /// Faults: invalid_configuration, "<key>: why", for values that do not go together.
    virtual Result<SettingsPtr> settings(const Values& /*values*/) const { return SettingsPtr(); }

    /// Checks a published document and normalises it. `body.type` is one of publish_types;
    /// without `settings` the defaults hold.
    /// Faults: malformed (detail says where in the body), too_large.
    virtual Result<DocumentPtr> admit(const Document& body,
                                      const Settings* settings = nullptr) const = 0;

    /// Deviations from its formats that admit() puts right, by names for metrics; at most 32.
    virtual std::span<const std::string_view> tolerances() const { return {}; }

    /// Returns `document`, which is about to replace `earlier` (nullptr: nothing), with its new
    /// items marked by `change`, the next Resource::version. Items without a mark, as in documents
    /// read from the store, are new to nobody.
    virtual DocumentPtr date_items(DocumentPtr document, const Admitted* /*earlier*/,
                                   std::uint64_t /*change*/) const {
        return document;
    }

    /// The whole state of a source that told `earlier` and now `told`, for packages whose sources
    /// need not repeat what they said. Both documents were admitted; the first one told has an
    /// `earlier` of no type.
    virtual Document merge(const Document& /*earlier*/, Document told,
                           const Settings* /*settings*/ = nullptr) const {
        return told;
    }

    /// For documents that count themselves, in one subscription at their source; both were
    /// admitted.
    virtual Sequence sequence(const Document& /*earlier*/, const Document& /*told*/) const {
        return Sequence::next;
    }

    /// What is kept of `told`, which was admitted and is about to be what `source` says (empty: a
    /// source that is new); nullopt: all of it. `known` is the state before, with what is
    /// remembered. The text that comes back is admitted and stored in its place.
    /// Faults: too_large.
    virtual Result<std::optional<Document>> reconcile(const Admitted& /*told*/,
                                                      const EventState& /*known*/,
                                                      std::string_view /*source*/) const {
        return std::optional<Document>();
    }

    /// What stays in the place of a publication that ends, for Profile::memory at least, with
    /// Rank::remembered; nullopt: nothing. `cause`: removed, expired. `known` is the state before.
    virtual std::optional<Document> remains(const Admitted& /*ended*/, Cause /*cause*/,
                                            const EventState& /*known*/) const {
        return std::nullopt;
    }

    /// What makes documents for this watcher differ from those of others, of a bounded length; kept
    /// with the subscription, and said anew by each SUBSCRIBE. For packages with
    /// Profile::has_manners.
    /// Faults: unauthenticated (a password would help), forbidden, not_found, not_acceptable,
    /// malformed.
    virtual Result<std::string> manner(const Asked& /*asked*/) const { return std::string(); }

    /// What watchers of a manner get who name no Expires.
    virtual std::uint32_t default_expires(std::string_view /*manner*/) const {
        return profile().default_expires;
    }

    /// The sphere in which all of `documents` that name one say their owner is; nullopt: they name
    /// none, or differ.
    virtual std::optional<std::string> sphere(
        std::span<const Admitted* const> /*documents*/) const {
        return std::nullopt;
    }

    /// How compose() comes to what it says, a sentence for each step, for who has to explain it.
    virtual std::vector<std::string> steps(const EventState& /*state*/) const { return {}; }

    /// The document for everyone of `view`. Must answer with no inputs at all. Deterministic: any
    /// order of inputs gives the same bytes.
    virtual Composed compose(const EventState& state, const View& view) const = 0;

    /// Whether a publication that is there says otherwise than `remembered`, which remains() made:
    /// it is not forgotten before that has changed.
    virtual bool is_contradicted(const Admitted& /*remembered*/,
                                 const EventState& /*known*/) const {
        return false;
    }
};

/// Every package of this build, in the order Allow-Events lists them (packages/all.cpp).
const std::vector<const Package*>& all();
/// Exact name first, then without regard to case (old phones); nullptr where there is none.
const Package* find(std::string_view event);
/// The one with Profile::is_registration.
const Package& registrations();
/// The one with Profile::is_ruled_by_default.
const Package& ruled_by_default();
/// For an Event field: its type and what stands behind the first semicolon.
const Package* find(std::string_view type, std::string_view parameters);

}  // namespace herald::packages
