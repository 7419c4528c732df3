// server/notify/notify_sender.h: the funnel out: every changed resource ends here, as NOTIFYs to
// its watchers (RFC 6665 4.2.2).
//
//   FanOut::changed() -> FanOutQueue -> send() -> its turn? -> news? -> a way? -> a CSeq? -> depart()
//   -> answer -> verdict -> told, or owed once more
//   At most one NOTIFY is outstanding per subscription; what changes meanwhile follows the answer,
//   as the latest state (server/core/notify_state.h).
#pragma once

#include <string>
#include <string_view>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/notify/confirmations.h"
#include "server/notify/cseq_blocks.h"
#include "server/notify/fan_out_queue.h"
#include "server/notify/notify_flights.h"
#include "server/notify/notify_verdict.h"
#include "server/notify/owed_documents.h"
#include "server/notify/silent_watchers.h"
#include "server/notify/watcher_ways.h"

namespace herald::server {

/// One per shard, on its thread.
class NotifySender {
public:
    using Id = SubscriptionTable::Id;

    NotifySender(Context& context, sip::Locator& locator);

    /// A NOTIFY is owed whatever the document (RFC 6665 4.2.1.2): after each SUBSCRIBE, a grant, an
    /// end. It tells the whole state, in one for each part where it has several, and no items.
    void notify(Id id);
    /// It belongs to another class of watchers now: whoever is told something else by that hears
    /// it.
    void look_again(Id id) { send(id); }
    /// Ends a subscription, which is durable by now: the final NOTIFY goes out, then it is gone.
    void end(Id id, EndReason reason);
    /// The final NOTIFY of a subscription that is ending already.
    void tell_end(Id id);
    /// Out of memory at once, without a NOTIFY; its row is the caller's business.
    void forget(Id id);
    /// Likewise all watchers of a resource, and whatever was to be done about it.
    void forget_watchers(std::uint32_t resource);
    /// A request of the watcher came by `flow`: it can be reached again. What is on its way by
    /// another flow is as if it had never left.
    void on_reachable(Id id, const sip::Flow& flow);
    /// After recovery: whoever is not known to have the current document is told.
    void resume(std::uint32_t resource);

    Confirmations& confirmations() noexcept { return confirmations_; }
    SilentWatchers& silent() noexcept { return silent_; }
    CseqBlocks& numbers() noexcept { return numbers_; }
    std::size_t in_flight() const noexcept { return flights_.size(); }

private:
    enum class Turn { now, after_answer, after_pause, after_retry, when_heard };

    void visit(Id id);
    void send(Id id);
    void send_in_any_case(Id id, Subscription& record);
    Turn turn_of(Id id, const Subscription& record);
    bool prepare(Id id, Subscription& record);
    void depart(Id id, Subscription& record);

    void land(Id id, const NotifyFlight& flight, const sip::ClientOutcome& outcome);
    void on_delivered(Id id, Subscription& record, const sip::ClientOutcome& outcome);
    void on_failed(Id id, Subscription& record, NotifyVerdict verdict,
                   const sip::ClientOutcome& outcome);
    void take_other_way(Id id, Subscription& record, WatcherWays::Way way);
    void count_failure(Id id, Subscription& record);
    void become_suspect(Id id, Subscription& record);
    void retry_at(Id id, Subscription& record, base::Duration delay);
    void try_now(Id id);
    void remove(Id id, Subscription& record, std::string_view why);
    void finish(Id id);

    Context& context_;
    Confirmations confirmations_;
    FanOutQueue queue_;
    OwedDocuments owed_;
    SilentWatchers silent_;
    WatcherWays ways_;
    CseqBlocks numbers_;
    NotifyFlights flights_;
    base::Timers::Owner retry_timer_;
    base::TextMap<base::Counter*> removed_;
    base::Counter& delivered_;
    base::Counter& coalesced_;
    base::Histogram& answer_time_;
};

}  // namespace herald::server
