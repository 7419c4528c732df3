// server/notify/notify_sender.h: the funnel out: every changed resource ends here, as NOTIFYs to
// its watchers (RFC 6665 4.2.2).
//
//   FanOut::changed() -> FanOutQueue -> send() -> its turn? -> news? -> a way? -> a CSeq? -> depart()
//   -> answer (NotifyAnswers) -> told, or owed once more
//   At most one NOTIFY is outstanding per subscription; what changes meanwhile follows the answer,
//   as the latest state (server/core/notify_state.h).
#pragma once

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
#include "server/notify/watcher_arrivals.h"
#include "server/notify/watcher_ways.h"

namespace herald::server {

/// One per shard, on its thread.
class NotifySender {
public:
    using Id = SubscriptionTable::Id;

    NotifySender(Context& context, sip::Locator& locator);

    /// The watcher is owed a NOTIFY even if the document is the one it has (RFC 6665 4.2.1.2):
    /// after a SUBSCRIBE, a grant, an end. It tells the whole state (one NOTIFY for each part) and
    /// no items.
    void notify(Id id);
    /// It belongs to another class of watchers now, and is notified, when its turn comes, if that
    /// changes what it is told.
    void send(Id id);
    /// The final NOTIFY of a subscription that is ending.
    void tell_end(Id id);
    /// After recovery: whoever is not known to have the current document is told. What was sent
    /// last counts as sent at `sent_at`; zero: long ago.
    void resume(std::uint32_t resource, base::Instant sent_at = {});

    Confirmations& confirmations() noexcept { return confirmations_; }
    SilentWatchers& silent() noexcept { return silent_; }
    WatcherWays& ways() noexcept { return ways_; }
    CseqBlocks& numbers() noexcept { return numbers_; }
    GoneWatchers& gone() noexcept { return gone_; }
    WatcherArrivals& arrivals() noexcept { return arrivals_; }
    const NotifyHistory& history() const noexcept { return history_; }
    const NotifyRetries& retries() const noexcept { return retries_; }
    /// Adds a listener: see NotifyAnswers.
    void on_delivered(NotifyAnswers::OnDelivered listener) {
        answers_.on_delivered(std::move(listener));
    }
    std::size_t in_flight() const noexcept { return flights_.size(); }

private:
    enum class Turn { now, after_answer, after_pause, after_retry, when_heard };

    void visit(Id id);
    Turn turn_of(Id id, const Subscription& record);
    bool prepare(Id id, Subscription& record);
    void depart(Id id, Subscription& record);
    void try_now(Id id);

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
    NotifyParts parts_;
    GoneWatchers gone_;
    NotifyAnswers answers_;
    WatcherArrivals arrivals_;
    base::Counter& coalesced_;
};

}  // namespace herald::server
