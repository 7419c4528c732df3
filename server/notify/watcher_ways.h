// server/notify/watcher_ways.h: ways to watchers: the flow they came by while it is open, else the
// addresses that the first route or the Contact leads to (RFC 3263 4.3, RFC 3261 18.1.1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/listeners.h"
#include "base/text_map.h"
#include "server/core/context.h"
#include "server/notify/silent_watchers.h"
#include "sip/locate.h"

namespace herald::server {

/// One per shard, on its thread. Where it finds another way it is the subscription's from then on.
class WatcherWays {
public:
    using Id = SubscriptionTable::Id;

    enum class Way {
        open,     ///< Subscription::flow is what to send on
        looking,  ///< addresses are looked up; a listener of on_found() hears of the end
        none,
    };

    WatcherWays(Context& context, sip::Locator& locator, SilentWatchers& silent);
    ~WatcherWays();

    /// Adds a listener: what was looked for was found (open), or not (none). May end the
    /// subscription.
    void on_found(base::Task<void(Id, Way)> listener) { found_.add(std::move(listener)); }

    /// The flow there is, or another one where it has ended.
    Way find(Id id, Subscription& record);
    /// The flow there is did not carry: another one.
    Way find_other(Id id, Subscription& record);
    /// The search is over: it was heard of, answered, or ends.
    void forget(Id id) { detours_.erase(pack(id)); }

    /// A stream to the very address of a UDP watcher, for what is too large for a datagram; nullopt
    /// where none can be opened, or none was taken in the last ten minutes.
    std::optional<sip::Flow> stream_to(const Subscription& record);
    /// It was not taken.
    void note_streamless(const sip::Endpoint& peer);

private:
    /// Addresses still to be tried for one watcher.
    struct Detour {
        std::vector<sip::Target> targets;
        std::size_t next = 0;
        bool is_locating = false;
    };

    void locate(Id id, const Subscription& record);
    void on_located(Id id, Result<std::vector<sip::Target>> targets);
    bool takes_no_stream(const sip::Endpoint& peer);

    Context& context_;
    sip::Locator& locator_;
    SilentWatchers& silent_;
    base::Listeners<Id, Way> found_;
    std::unordered_map<std::uint64_t, Detour> detours_;  ///< by packed Id
    /// Peers that do not take TCP, until when.
    base::TextMap<base::Instant> streamless_;
    std::shared_ptr<WatcherWays*> self_;  ///< for answers of the locator that come late
};

}  // namespace herald::server
