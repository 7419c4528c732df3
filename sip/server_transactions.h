// sip/server_transactions.h: the requests that came: those that wait for their answer, and those
// that were answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/index.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "sip/answer.h"
#include "sip/completed_requests.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "sip/request_key.h"
#include "sip/site_shares.h"
#include "sip/transaction.h"

namespace herald::sip {

struct ServerTransactionOptions {
    TransactionTimers timers;
    std::size_t max_completed = 4'000'000;
    std::size_t max_completed_bytes = 256 << 20;
    std::size_t max_pending = 100'000;
    std::size_t max_pending_bytes = 64 << 20;
    std::vector<AddressRange> trusted_peers;  ///< who may fill the tables alone
};

/// All non-INVITE server transactions of one thread (RFC 3261 17.2.2, RFC 4320). Sends nothing
/// itself.
class ServerTransactions {
public:
    /// A 100 to this request is due, which came on this flow so long ago.
    using Provisional =
        base::Task<void(const Message& request, const Flow& flow, base::Duration age)>;

    ServerTransactions(base::Loop& loop, base::Metrics& metrics,
                       const ServerTransactionOptions& options, Provisional provisional);
    ~ServerTransactions();
    ServerTransactions(const ServerTransactions&) = delete;
    ServerTransactions& operator=(const ServerTransactions&) = delete;

    /// What a request with this key meets. `state` is gone for a new one; `answer` is what to
    /// repeat in state completed, if anything.
    struct Match {
        ServerState state = ServerState::gone;
        std::optional<Answer> answer;
    };
    Match match(const base::Hash128& transaction) const;
    /// Whether this is another copy, forked on its way, of a request we have (RFC 3261 8.2.2.2).
    bool has_merged(const RequestKey& key) const;
    /// No room for another request of the peer without answer.
    bool is_full_for(const Endpoint& peer) const noexcept;

    /// Begins the transaction of a new request, which stays in place until keep() or its end.
    ServerTransactionId begin(const RequestKey& key, const Message& request, const Flow& flow);
    /// The request's bytes are about to go: copies it, unless it is answered by now, and starts its
    /// timers.
    void keep(ServerTransactionId id);

    /// As Stack::request().
    const Message* request(ServerTransactionId id) const;
    /// The flow of a request not yet answered, which request() gives.
    const Flow& flow(ServerTransactionId id) const;

    /// The application has a 100. True: send it.
    bool provisional(ServerTransactionId id);
    /// The request was answered so: remembered until Timer J. The message is gone after it.
    void complete(ServerTransactionId id, const Answer& answer);
    /// No answer will come: its copies are absorbed until Timer J.
    void give_up(ServerTransactionId id);
    /// As if the request had never come.
    void forget(ServerTransactionId id);

private:
    struct Pending {
        RequestKey key;
        Flow flow;
        const Message* message;
        SiteShares::Site site = 0;  ///< whose share it is of
        std::unique_ptr<OwnedMessage> owned;
        base::Instant arrived;
        base::TimerId timer;
        ServerState state = ServerState::trying;
    };

    static base::SlotId slot_of(ServerTransactionId id) { return {id.slot, id.generation}; }
    void arm(base::SlotId id, base::Instant when);
    void on_timer(std::uint64_t payload);
    void on_expiry();
    void remember(const Pending& pending, const RequestKey& key, std::string_view packed);
    static std::size_t weight_of(const Pending& pending) noexcept;
    void release(base::SlotId id);
    void count();

    base::Loop& loop_;
    const ServerTransactionOptions options_;
    Provisional provisional_;
    const base::Timers::Owner pending_owner_;
    const base::Timers::Owner expiry_owner_;
    base::Counter& known_;
    base::Counter& bytes_;
    base::Counter& forgotten_;

    base::Slab<Pending> pending_;
    std::size_t pending_bytes_ = 0;  ///< of pending_
    SiteShares pending_shares_;
    SiteShares completed_shares_;
    base::Index by_transaction_;  ///< of pending_
    base::Index by_merged_;       ///< of pending_
    CompletedRequests completed_;
    base::TimerId expiry_;
    std::string packed_;  ///< the answer being packed
};

}  // namespace herald::sip
