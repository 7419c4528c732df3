// server/notify/notify.h: the funnel out: every changed resource ends here, as NOTIFYs to its
// watchers (RFC 6665 4.2.2).
//
//   FanOut::changed() -> fan-out queue -> slices of 256 -> send() -> answer -> verdict
//   At most one NOTIFY is outstanding per subscription; what changes meanwhile marks it stale, and
//   the latest state follows the answer.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/listeners.h"
#include "server/core/context.h"
#include "server/notify/confirmations.h"
#include "server/notify/notify_verdict.h"
#include "server/notify/told_parts.h"
#include "sip/digest.h"
#include "sip/locate.h"
#include "sip/transaction.h"

namespace herald::server {

class NotifySender final : public sip::RequestSource {
public:
    using Id = SubscriptionTable::Id;

    NotifySender(Context& context, sip::Locator& locator);
    ~NotifySender() override;

    /// A NOTIFY is owed whatever the document (RFC 6665 4.2.1.2): after each SUBSCRIBE, a grant, an
    /// end. It tells the whole state, in one for each part where it has several, and no items.
    void notify(Id id);
    /// Ends a subscription whose durable removal is done: the final NOTIFY goes out, then it is
    /// gone.
    void end(Id id, EndReason reason);
    /// Out of memory at once, without a NOTIFY; its row is the caller's business.
    void forget(Id id);
    /// Likewise all watchers of a resource, and whatever was to be done about it.
    void forget_watchers(std::uint32_t resource);
    /// A new or refreshed flow to the watcher: it can be reached again.
    void on_reachable(Id id, const sip::Flow& flow);
    /// Adds a listener: called when a change of a dialog that was made here is done: what waits for
    /// it may go on.
    void on_settled(base::Task<void(Id)> listener) { settled_.add(std::move(listener)); }

    /// Something was heard from this peer: its suspects are tried again (product 7).
    void on_sign_of_life(const sip::Flow& flow);
    /// After recovery: whoever is not known to have the current document is told.
    void resume(std::uint32_t resource);

    Confirmations& confirmations() noexcept { return confirmations_; }
    std::size_t in_flight() const noexcept { return flights_.size(); }

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    /// What is on its way to one watcher; exists only while it is.
    struct Flight {
        sip::ClientTransactionId transaction;
        std::shared_ptr<const packages::Composed> composed;  ///< null: no body
        std::string authorization;                           ///< a complete line, or empty
        std::uint64_t fingerprint = 0;
        std::uint64_t told = 0;           ///< Subscription::told before it, or that of its part
        std::optional<std::string> part;  ///< name of the part that it tells
        base::Instant sent_at{};
        std::uint32_t cseq = 0;
        std::uint32_t expires = 0;
        SubscriptionState state = SubscriptionState::active;
        bool is_compact = false;   ///< compact header names, to stay under 1300 bytes on UDP
        bool is_switched = false;  ///< sent over TCP because it is too large for UDP
        bool has_more = false;     ///< another part is to follow
        bool is_parting = false;   ///< ... of a subscription that has ended
    };
    /// Addresses still to be tried for one watcher.
    struct Detour {
        std::vector<sip::Target> targets;
        std::size_t next = 0;
        bool is_locating = false;
    };

    void queue(std::uint32_t slot);
    void schedule_fan_out();
    void fan_out();
    bool fan_out_slice(std::uint32_t slot, std::size_t& budget);
    void visit(Id id, Resource& resource);
    void send(Id id);
    bool may_send_now(Id id, Subscription& record);
    base::Duration min_interval(const packages::Profile& profile) const;
    bool is_alert(Id id, const Subscription& record);
    bool has_news(Id id, const Subscription& record, Resource& resource);
    ViewState& composed_view(const Subscription& record, Resource& resource);
    void look_again_at(const Resource& resource, base::WallTime stale_at);
    bool take_cseq(Id id, Subscription& record);
    void renew_cseq_block(Id id, Subscription& record);
    void depart(Id id, Subscription& record, Resource& resource);
    void load(Id id, Subscription& record, Resource& resource, Flight& flight);
    void load_part(Id id, Subscription& record, Resource& resource, Flight& flight);
    void note_untold(Id id, Subscription& record, const Flight& flight);
    void note_told(Id id, Subscription& record, Resource& resource);
    /// The NOTIFY that is owed, once more or at last.
    void repeat(Id id);
    sip::Flow fit_to_path(Id id, const Subscription& record, Flight& flight);
    std::optional<sip::Flow> stream_for(const Subscription& record);
    static bool is_surely_small(const Subscription& record, const Flight& flight);
    std::size_t size_of(Id id);

    static void write_state(const Subscription& record, const Flight& flight, std::string& out);

    bool has_way(Id id, Subscription& record);
    void look_for_way(Id id, const Subscription& record);
    bool take_detour(Id id, Subscription& record);

    void land(Id id, Subscription& record, const sip::ClientOutcome& outcome);
    void on_delivered(Id id, Subscription& record, const sip::ClientOutcome& outcome);
    void on_failed(Id id, Subscription& record, NotifyVerdict verdict,
                   const sip::ClientOutcome& outcome);
    bool answer_challenge(Id id, Subscription& record, const sip::ClientOutcome& outcome);
    bool try_default_body(Subscription& record);
    void become_suspect(Id id, Subscription& record);
    void try_again_later(std::uint64_t peer);
    void try_again(std::uint64_t peer);
    void give_up_way(Id id, Subscription& record);
    void lose_flow(Id id, Subscription& record);
    void count_failure(Id id, Subscription& record);
    void remove(Id id, std::string_view why);
    void become_silent(Id id, Subscription& record, Liveness liveness);
    void become_well(Id id, Subscription& record);
    void reroute(Id id, Subscription& record, const sip::Flow& flow);
    void retry_at(Id id, Subscription& record, base::Duration delay);
    void on_retry(Id id);
    void refresh_target(Id id, Subscription& record, const sip::Message& message);

    Context& context_;
    sip::Locator& locator_;
    Confirmations confirmations_;
    base::Timers::Owner retry_timer_;
    base::Slab<Flight> flights_;
    std::deque<std::uint32_t> dirty_;
    bool is_scheduled_ = false;
    /// Suspects and lost flows, packed Ids by peer; and of those whose peer was heard, the ones
    /// still to be tried.
    std::unordered_map<std::uint64_t, std::unordered_set<std::uint64_t>> silent_;
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> heard_;
    std::unordered_map<std::uint64_t, Detour> detours_;  ///< by packed Id
    /// Of those whose state comes in several documents, by packed Id.
    std::unordered_map<std::uint64_t, ToldParts> told_parts_;
    std::unordered_map<std::uint64_t, std::string>
        authorizations_;                   ///< for the next NOTIFY, by packed Id
    std::shared_ptr<NotifySender*> self_;  ///< for answers of the locator that come late
    base::Listeners<Id> settled_;
    base::Counter& sent_;
    base::Counter& delivered_;
    base::Counter& coalesced_;
    base::Counter& suspects_;
    base::Counter& flows_lost_;
    base::Counter& oversize_;
    /// Peers that do not take TCP, until when.
    std::unordered_map<std::string, base::Instant> datagram_only_;
    std::unordered_map<std::string, base::Counter*> removed_;
    std::string measured_;  ///< a NOTIFY written to see how long it is
    base::Histogram& answer_time_;
};

}  // namespace herald::server
