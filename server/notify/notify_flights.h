// server/notify/notify_flights.h: NOTIFYs on their way: made, sent by a way that fits them, written
// again for each retransmission, answered (RFC 3261 17.1.2, 18.1.1).
#pragma once

#include <cstdint>
#include <string>

#include "base/slab.h"
#include "server/core/context.h"
#include "server/core/notify_logins.h"
#include "server/notify/owed_documents.h"
#include "server/notify/watcher_ways.h"
#include "sip/path.h"
#include "sip/transaction.h"

namespace herald::server {

/// What is on its way to one watcher, for as long as it is. To an address that nobody has proved to
/// be theirs, NOTIFYs are small and few (docs/security.md).
struct NotifyFlight {
    sip::ClientTransactionId transaction;
    Portion portion;
    std::string authorization;  ///< a complete line, or empty
    base::Instant sent_at{};
    std::uint32_t cseq = 0;
    std::uint32_t expires = 0;
    SubscriptionState state = SubscriptionState::active;
    bool is_compact = false;   ///< compact header names, to stay under 1300 bytes on UDP
    bool is_switched = false;  ///< sent over TCP because it is too large for UDP
    bool is_parting = false;   ///< a part, with more to come, of a subscription that has ended
    bool is_unproven = false;  ///< to where nobody has answered: on Subscription::credit
    bool has_left = false;     ///< what follows are copies
};

/// At most one for each subscription, which names it in Subscription::flight. One per shard, on its
/// thread.
class NotifyFlights final : public sip::RequestSource {
public:
    using Id = SubscriptionTable::Id;
    /// Called with what is no longer on its way.
    using Landed = base::Task<void(Id, const NotifyFlight&, const sip::ClientOutcome&)>;

    NotifyFlights(Context& context, OwedDocuments& owed, WatcherWays& ways, Landed landed);

    /// Sends a NOTIFY with what is owed, under the CSeq taken last, on Subscription::flow. nullptr:
    /// too many transactions are under way, nothing was sent.
    const NotifyFlight* start(Id id, Subscription& record);
    /// Takes back what is on its way, as if it had never left; false if nothing is.
    bool recall(Id id, Subscription& record);
    /// The subscription ends.
    void forget(Id id, Subscription& record);
    /// A NOTIFY was challenged; true if there are credentials for the next attempt.
    bool take_challenge(Id id, const sip::Message& challenge) {
        return logins_.take(pack(id), challenge);
    }
    /// The peer did not take the stream that stood in for UDP: from now on it is sent to by UDP.
    void note_refused(const sip::Flow& stream) { large_.on_refused(stream); }
    std::size_t size() const noexcept { return flights_.size(); }

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    NotifyFlight& load(Id id, Subscription& record);
    std::string credentials_for(Id id, const Subscription& record, const NotifyFlight& flight);
    sip::Flow carrier(Id id, Subscription& record, NotifyFlight& flight);
    bool keep_secret(Id id, const sip::Flow& flow, Subscription& record, NotifyFlight& flight);
    void leave_body_out(Id id, Subscription& record, NotifyFlight& flight);
    void drop_body(Id id, Subscription& record, NotifyFlight& flight);
    static void spend(Subscription& record, NotifyFlight& flight, std::string& out,
                      std::size_t before);
    std::size_t size_on_udp(const Subscription& record, NotifyFlight& flight);

    Context& context_;
    OwedDocuments& owed_;
    WatcherWays& ways_;
    Landed landed_;
    base::Slab<NotifyFlight> flights_;
    NotifyLogins logins_;
    sip::LargeRequests large_;
    std::string measured_;  ///< a NOTIFY written to see how long it is
    base::Counter& oversize_;
    base::Counter& withheld_;
    base::Counter& too_large_;
};

}  // namespace herald::server
