// server/core/subscription.h: one subscription as the notifier holds it: a compact record (RFC
// 6665 4.2).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/timers.h"
#include "server/core/notify_state.h"
#include "sip/approach.h"
#include "sip/endpoint.h"
#include "sip/transaction.h"
#include "store/records.h"

namespace herald::server {

/// Most bytes that the headers of a SUBSCRIBE may have: a record keeps texts from them. A canonical
/// AOR may be three times as long as what was written, and the answer to a NOTIFY may bring one
/// more Contact (8,192 bytes at most): all of it fits into a PackedText.
inline constexpr std::size_t kMostText = 12'000;

/// How many CSeqs of NOTIFYs one durable write of a subscription reserves (docs/architecture.md:
/// What a 200 means).
inline constexpr std::uint32_t kCseqBlock = 65536;

/// The texts of a subscription in one allocation; a text found inside an earlier one is not stored
/// twice. Holds 65,535 bytes in all; what is beyond is cut. Where a text is takes two bytes to say,
/// four if there are more than 255 in all.
class PackedText {
public:
    enum class Part : std::uint8_t {
        call_id,
        local_uri,
        remote_uri,
        remote_target,
        local_tag,
        remote_tag,
        event,
        watcher,
        entity,
        instance,
        route_set,
    };
    static constexpr std::size_t kParts = 11;
    using Parts = std::array<std::string_view, kParts>;

    PackedText() = default;
    explicit PackedText(const Parts& parts);

    std::string_view operator[](Part part) const noexcept;
    Parts parts() const noexcept;
    bool is_empty() const noexcept { return !block_; }
    /// Bytes it takes.
    std::size_t size() const noexcept;

private:
    struct Slice {
        std::size_t offset, size;
    };
    Slice slice(std::size_t part) const noexcept;
    std::size_t head() const noexcept;

    /// How many bytes a number takes, offset and size of each part, then the characters.
    std::unique_ptr<unsigned char[]> block_;
};

/// Whether a watcher can be reached, independent of the RFC's states.
enum class Liveness : std::uint8_t {
    well,
    suspect,    ///< the last NOTIFY was not answered: only scheduled retries are sent
    flow_lost,  ///< no way to it: silent until it shows up again
};

/// RFC 6665 4.1.2, 4.2.2. `committing` is before the first durable write; `ending` waits for the
/// final NOTIFY's answer.
enum class SubscriptionState : std::uint8_t { committing, pending, active, ending, gone };

/// Why a subscription ends (RFC 6665 4.1.3).
enum class EndReason : std::uint8_t {
    timeout,
    rejected,
    noresource,
    deactivated,
    probation,
    giveup
};
std::string_view name_of(EndReason reason) noexcept;
/// Whether the watcher cannot know by himself that his subscription ended this way: its row stays
/// until he has been told.
constexpr bool is_kept(EndReason reason) noexcept {
    return reason != EndReason::timeout && reason != EndReason::probation;
}
std::string_view name_of(SubscriptionState state) noexcept;

/// Where a subscription stands, as operators are told: its state, or that its watcher is silent.
enum class Standing : std::uint8_t { committing, pending, active, suspect, flow_lost, terminated };
inline constexpr std::size_t kStandings = 6;
Standing standing_of(SubscriptionState state, Liveness liveness) noexcept;
std::string_view name_of(Standing standing) noexcept;

/// What the owner decided about one subscription alone: it holds where nothing he says from now on
/// decides about its watcher, for as long as the subscription lives.
enum class Once : std::uint8_t { nothing, allow, polite_block };

struct Subscription {
    static constexpr std::uint32_t kNone = UINT32_MAX;
    // The order leaves no gaps: there are many of these.
    std::uint64_t id = 0;
    std::uint64_t change = 0;            ///< of its last durable change
    std::uint64_t sent_fingerprint = 0;  ///< of the document last sent, 0: none or unknown
    /// Resource::version whose items the watcher knows; 0: the next NOTIFY is to list none.
    std::uint64_t told = 0;
    std::uint64_t mark = 0;  ///< hash of the request that made the last durable change
    base::WallTime expires_at{};
    base::Instant last_notify{};
    PackedText text;
    sip::Flow flow;  ///< what its NOTIFYs go by
    base::TimerId expiry;
    base::TimerId retry;
    base::TimerId decision;  ///< while pending: when the owner's decision is no longer waited for
    std::uint32_t resource = kNone;   ///< slot in ResourceTable
    std::uint32_t watcher_index = 0;  ///< place in Resource::watchers
    std::uint32_t flight = kNone;     ///< slot of the outstanding NOTIFY
    std::uint32_t remote_cseq = 0;
    std::uint32_t cseq = 0;      ///< last used in a NOTIFY
    std::uint32_t cseq_end = 0;  ///< first one that takes another durable write to use
    std::uint32_t granted = 0;
    std::uint32_t began = 0;  ///< when it was asked for, in seconds since 1970; 0: before a restart
    std::uint32_t source = 0;  ///< of the address that asked for it: Loads::source_of()
    std::uint16_t view = 0;    ///< index in Resource::views
    std::uint16_t last_answer = 0;
    std::uint16_t versionless = 0;  ///< CSeqs used that brought no new document version
    std::uint16_t credit = 0;       ///< bytes that may still go to an address not proven
    SubscriptionState state = SubscriptionState::committing;
    EndReason reason = EndReason::timeout;
    NotifyState notify_state = NotifyState::untold;
    sip::Approach approach = sip::Approach::flow;
    std::uint8_t sent_alert = 0;  ///< Composed::alert of the document last sent
    std::uint8_t failures = 0;    ///< NOTIFYs in a row without a good answer
    Liveness liveness : 2 = Liveness::well;
    Once once : 2 = Once::nothing;
    bool is_changing : 1 = false;   ///< a durable change of this dialog is under way
    bool is_fetch : 1 = false;      ///< never stored
    bool is_bodiless : 1 = false;   ///< ended while pending: nothing may be shown
    bool has_strayed : 1 = false;   ///< Contact, flow or type differ from its row in the store
    bool was_approved : 1 = false;  ///< by the owner, in this run of the server
    bool has_way : 1 = false;       ///< `flow` is the first way; else that is still to be found
    /// Who asked can be reached by the flow it came by, and somebody is where `flow` leads: a
    /// stream, an answer, a challenge answered (Identity::is_address_proven).
    bool has_proven_source : 1 = true;
    bool is_proven : 1 = true;

    /// The CSeq taken last brings no new document version.
    void skip_version() noexcept {
        if (versionless < UINT16_MAX) ++versionless;
    }
    bool is_live() const noexcept {
        return state == SubscriptionState::pending || state == SubscriptionState::active;
    }
    std::string_view get(PackedText::Part part) const noexcept { return text[part]; }
};

static_assert(sizeof(Subscription) == 176);

/// Equal for two subscriptions of the same device: resource, Event id, watcher, and instance or,
/// without one, exact Contact; and the URI asked for, since a device may have a lamp for each
/// alias.
struct DeviceKey {
    std::uint32_t resource;
    std::string_view event_id, watcher, instance, contact, entity;

    std::string_view device() const noexcept { return instance.empty() ? contact : instance; }
    friend bool operator==(const DeviceKey& a, const DeviceKey& b) noexcept {
        return a.resource == b.resource && a.event_id == b.event_id && a.watcher == b.watcher &&
               a.entity == b.entity && a.instance == b.instance && a.device() == b.device();
    }
};
DeviceKey device_key(const Subscription& record) noexcept;
/// What tells the subscriptions of one device apart: the `id` parameter of an Event value, all of
/// them where they name a call; empty where there is neither.
std::string_view event_id_of(std::string_view event) noexcept;

/// `expires_at - now` in whole seconds, never negative.
std::uint32_t seconds_left(base::WallTime expires_at, base::WallTime now) noexcept;

}  // namespace herald::server
