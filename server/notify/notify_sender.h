// server/notify/notify_sender.h: the funnel out: every changed resource ends here, as NOTIFYs to
// its watchers (RFC 6665 4.2.2).
//
//   FanOut::changed() -> FanOutQueue -> send() -> its turn? -> news? -> a way? -> a CSeq? -> depart()
//   -> answer (NotifyAnswers) -> told, or owed once more
//   At most one NOTIFY is outstanding per subscription; what changes meanwhile follows the answer,
//   as the latest state (server/core/notify_state.h).
#pragma once

#include <optional>

#include "server/core/context.h"
#include "server/notify/confirmations.h"
#include "server/notify/cseq_blocks.h"
#include "server/notify/fan_out_queue.h"
#include "server/notify/gone_watchers.h"
#include "server/notify/notify_answers.h"
#include "server/notify/notify_flights.h"
#include "server/notify/notify_history.h"
#include "server/notify/notify_retries.h"
#include "server/notify/owed_documents.h"
#include "server/notify/silent_watchers.h"
#include "server/notify/watcher_ways.h"

namespace herald::server {

/// A request of a watcher that was granted.
struct WatcherArrival {
    sip::Flow flow;
    sip::Approach approach = sip::Approach::flow;
    bool has_moved = false;    ///< with another Contact
    bool is_proven = true;     ///< Identity::is_address_proven
    std::uint16_t credit = 0;  ///< Subscription::credit that comes with it
};

/// One per shard, on its thread.
class NotifySender {
public:
    using Id = SubscriptionTable::Id;

    NotifySender(Context& context, sip::Locator& locator);

    /// The watcher is owed a NOTIFY even if the document is the one it has (RFC 6665 4.2.1.2):
    /// after a SUBSCRIBE, a grant, an end. It tells the whole state (one NOTIFY for each part) and
    /// no items.
    void notify(Id id);
    /// It belongs to another class of watchers now, and is notified if that changes what it is
    /// told.
    void look_again(Id id) { send(id); }
    /// Ends a subscription whose end is durable: the final NOTIFY goes out, then it is gone.
    void end(Id id, EndReason reason);
    /// The final NOTIFY of a subscription that is ending already.
    void tell_end(Id id);
    /// The watcher can be reached again. A NOTIFY on its way by another flow, or to another
    /// Contact, is taken back.
    void on_reachable(Id id, const WatcherArrival& arrival);
    /// After recovery: whoever is not known to have the current document is told. What was sent
    /// last counts as sent at `sent_at`; zero: long ago.
    void resume(std::uint32_t resource, base::Instant sent_at = {});

    Confirmations& confirmations() noexcept { return confirmations_; }
    SilentWatchers& silent() noexcept { return silent_; }
    WatcherWays& ways() noexcept { return ways_; }
    CseqBlocks& numbers() noexcept { return numbers_; }
    GoneWatchers& gone() noexcept { return gone_; }
    const NotifyHistory& history() const noexcept { return history_; }
    /// When a NOTIFY is to go to a watcher whom something keeps it from now: a failure, or a pause.
    std::optional<base::Instant> next_try(Id id, const Subscription& record) const;
    /// Adds a listener: see NotifyAnswers.
    void on_delivered(NotifyAnswers::OnDelivered listener) {
        answers_.on_delivered(std::move(listener));
    }
    std::size_t in_flight() const noexcept { return flights_.size(); }

private:
    enum class Turn { now, after_answer, after_pause, after_retry, when_heard };

    void visit(Id id);
    void send(Id id);
    base::Instant pause_end(const Subscription& record) const;
    Turn turn_of(Id id, const Subscription& record);
    bool prepare(Id id, Subscription& record);
    void depart(Id id, Subscription& record);
    void recall(Id id, Subscription& record);
    void try_now(Id id);
    void try_device(Id id);

    Context& context_;
    Confirmations confirmations_;
    FanOutQueue queue_;
    OwedDocuments owed_;
    SilentWatchers silent_;
    WatcherWays ways_;
    CseqBlocks numbers_;
    NotifyFlights flights_;
    NotifyRetries retries_;
    NotifyHistory history_;
    GoneWatchers gone_;
    NotifyAnswers answers_;
    base::Counter& coalesced_;
};

}  // namespace herald::server
