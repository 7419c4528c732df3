// server/notify/watcher_ways.h: ways to watchers: the flow their last request came by, where that
// is the sure first way; else what its approach says, one after the other (sip/approach.h,
// sip/path.h).
//
//                 answers                 none left
//   way <------------------- trying ----------------> no way: the flow again, when it is heard of
//    |    does not carry       ^  |
//    +-------------------------+  +--> asking where its device registered last --> trying
//
// The way that was answered is the way from then on, until the next SUBSCRIBE says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/listeners.h"
#include "server/core/context.h"
#include "server/core/devices.h"
#include "server/notify/silent_watchers.h"
#include "sip/locate.h"
#include "sip/path.h"

namespace herald::server {

/// One per shard, on its thread. A watcher whose flow is its first way and carries costs nothing
/// here.
class WatcherWays {
public:
    using Id = SubscriptionTable::Id;

    enum class Way {
        open,     ///< Subscription::flow is what to send on
        looking,  ///< names or registrations are looked up; a listener of on_found() hears more
        none,
    };

    WatcherWays(Context& context, sip::Locator& locator, SilentWatchers& silent);

    /// Adds a listener: what was looked for was found (open), or not (none). May end the
    /// subscription.
    void on_found(base::Task<void(Id, Way)> listener) { found_.add(std::move(listener)); }

    /// A request of the watcher came by `flow`; `approach` says how it is reached from there.
    /// False: the way stays as it is.
    bool on_arrival(Id id, Subscription& record, const sip::Flow& flow, sip::Approach approach);
    /// The flow its last request came by.
    const sip::Flow& arrival(Id id, const Subscription& record) const;

    /// The current way, or another one if that has ended.
    Way find(Id id, Subscription& record);
    /// The current way did not carry: takes the next one.
    Way find_other(Id id, Subscription& record);
    /// Its device registered: the way to that registration is tried before all others.
    Way find_device(Id id, Subscription& record);
    /// The current way was answered: it is proven, and the first one from now on.
    void settle(Id id, Subscription& record);
    void forget(Id id) { searches_.erase(pack(id)); }

    /// Whether a URI of the watcher's leads to where its NOTIFYs go, so that somebody listens
    /// there.
    bool is_named(Id id) const;

private:
    /// Of a watcher for which more than the flow of its request is tried or in use.
    struct Search {
        sip::Path path;
        sip::Flow arrival;
        std::optional<sip::Flow> failed;  ///< what did not carry when it began
        std::uint32_t question = 0;       ///< tells the latest one apart
        bool is_looking = false;
        bool has_asked = false;  ///< where its device registered
        bool is_device_first = false;
        bool is_named = false;
        bool is_settled = false;  ///< over: Subscription::flow is the way, `arrival` is not
    };

    Search& begin(Id id, const Subscription& record);
    static bool is_in_use(const Search& search);
    static bool is_proven(const Subscription& record, const Search& search);
    bool has_credit(const Subscription& record) const;
    bool may_take(const Subscription& record, const Search& search) const;
    Way take_next(Id id, Subscription& record, Search& search);
    Way follow(Id id, Subscription& record, Search& search, sip::Path::Step step);
    void ask_for_device(Id id, const Subscription& record, Search& search);
    void on_device(Id id, std::uint32_t question, const std::optional<RegisteredDevice>& device);
    Way give_up(Id id, Subscription& record, const Search& search);
    void tell(Id id, Way way);

    Context& context_;
    sip::Locator& locator_;
    SilentWatchers& silent_;
    base::Listeners<Id, Way> found_;
    std::unordered_map<std::uint64_t, Search> searches_;  ///< by packed Id
    std::uint32_t questions_ = 0;
};

}  // namespace herald::server
