// server/notify/notify_answers.h: what became of a NOTIFY, and what that means for its subscription
// (RFC 6665 4.2.2, RFC 5057).
//
//   answered 2xx                told; what changed meanwhile is owed
//   nobody answered, or 503     the next way (watcher_ways.h); what it means is asked when none is
//                               left
//   else                        its verdict (notify_verdict.h)
#pragma once

#include <chrono>
#include <cstdint>
#include <unordered_map>

#include "base/listeners.h"
#include "base/task.h"
#include "server/notify/gone_watchers.h"
#include "server/notify/notify_verdict.h"

namespace herald::server {

/// One per shard, on its thread.
class NotifyAnswers {
public:
    using Id = SubscriptionTable::Id;
    using Send = base::Task<void(Id)>;
    /// `told` is null where the NOTIFY had no body.
    using OnDelivered =
        base::Task<void(const Subscription& record, const packages::Composed* told)>;

    /// `send` is called for a subscription that is owed a NOTIFY now.
    NotifyAnswers(const NotifyParts& parts, GoneWatchers& gone, Send send);

    /// Adds a listener: called for each NOTIFY that was answered 2xx.
    void on_delivered(OnDelivered listener) { told_.add(std::move(listener)); }
    /// The outcome of a NOTIFY that is no longer on its way.
    void take(Id id, const NotifyFlight& flight, const sip::ClientOutcome& outcome);
    /// What is known of the way to a watcher by now. No way at all counts as if every way had
    /// failed.
    void on_way(Id id, WatcherWays::Way way);
    /// The subscription ends, or its watcher was heard of: earlier failures no longer count.
    void forget(Id id) {
        if (!setbacks_.empty()) setbacks_.erase(pack(id));
    }

private:
    /// A NOTIFY that failed.
    struct Setback {
        NotifyVerdict verdict;
        int status;
        std::chrono::seconds retry_after{};
        bool is_last = false;  ///< nothing is to be told any more
    };
    void note(Id id, const NotifyFlight& flight, const sip::ClientOutcome& outcome);
    static Setback setback_of(const sip::ClientOutcome& outcome, bool is_last);

    void take_delivered(Id id, Subscription& record, const sip::ClientOutcome& outcome);
    void on_challenge(Id id, Subscription& record, const NotifyFlight& flight,
                      const sip::Message& challenge);
    void on_failed(Id id, Subscription& record, const Setback& setback);
    void lose(Id id, Subscription& record);
    void await_return(Id id, Subscription& record);
    void count_failure(Id id, Subscription& record);
    void become_suspect(Id id, Subscription& record);
    void try_later(Id id, Subscription& record);
    void send_again(Id id, Subscription& record);

    NotifyParts parts_;
    Context& context_;
    GoneWatchers& gone_;
    Send send_;
    base::Listeners<const Subscription&, const packages::Composed*> told_;
    /// Of those for whom another way is looked up, by packed Id.
    std::unordered_map<std::uint64_t, Setback> setbacks_;
    base::Histogram& answer_time_;
};

}  // namespace herald::server
