// sip/stack.h: one thread's SIP: messages in, transactions, requests and answers out. Knows nothing
// of presence.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "sip/answer.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "sip/target_rules.h"
#include "sip/transaction.h"
#include "sip/transport.h"
#include "sip/uri.h"

namespace herald::sip {

/// What this server is to a request.
enum class Role : std::uint8_t {
    server,  ///< it is answered here
    proxy,   ///< it is sent on: the same one may come by several ways (RFC 3261 16.3)
    passage  ///< it is sent on without a transaction (RFC 3261 16.11): RequestHandler::pass_on()
};

/// Answers requests. Called on the stack's thread.
class RequestHandler {
public:
    virtual ~RequestHandler() = default;
    /// Asked for every request that can be read, copies, ACKs and unknown methods included, before
    /// anything is made of it; not for a CANCEL of what is known here.
    virtual Role role_for(const Message& /*request*/, const Flow& /*flow*/) const {
        return Role::server;
    }
    /// Of Role::passage: it is to be sent on, or answered by Stack::answer_statelessly().
    virtual void pass_on(const Message& /*request*/, const Flow& /*flow*/) {}
    /// An answer to no request of the stack's. True: it belongs to one that was passed on, and is
    /// taken care of.
    virtual bool pass_back(const Message& /*answer*/) { return false; }
    /// Asked for every new request while the transport is behind with its input. False: a stateless
    /// 503 with Retry-After, before any work.
    virtual bool admits(const Message& /*request*/, Load /*load*/) { return true; }
    /// A new, well-formed request (never a retransmission, a merged request, a CANCEL or an ACK).
    /// Answer it with Stack::answer(), now or later; `request` lives until then, or until this
    /// returns where it is answered here.
    virtual void on_request(ServerTransactionId id, const Message& request, const Flow& flow) = 0;
    /// A stream ended (also told to the transactions on it, before).
    virtual void on_flow_closed(const Flow& flow) = 0;
    /// A request was refused, by the application or before it could see it: 300 or above. Of one
    /// that cannot be read only what could be is there.
    virtual void on_refused(const Message& /*request*/, const Flow& /*flow*/,
                            const Answer& /*answer*/) {}
    /// Anything at all arrived from this flow: a suspect watcher may be tried again. Only called
    /// for requests.
    virtual void on_sign_of_life(const Flow& flow) = 0;
};

/// Decides, before any state is touched, which shard a message belongs to (default: this one).
class ShardRouter {
public:
    virtual ~ShardRouter() = default;
    virtual unsigned shard_of(const Message& request) const = 0;
    /// Hands bytes with their flow to another shard's Stack::on_message(). Never blocks; drops and
    /// counts where full.
    virtual void forward(unsigned shard, std::span<const char> bytes, const Flow& flow,
                         Framing framing) = 0;
};

struct StackOptions {
    unsigned shard = 0;
    unsigned shards = 1;  ///< in all; answers that name another are dropped
    TransactionTimers timers;
    ParseLimits limits;
    /// Completed server transactions remembered at most; beyond, the oldest are forgotten and
    /// counted.
    std::size_t max_server_transactions = 4'000'000;
    std::size_t max_server_transaction_bytes = 256 << 20;
    /// Requests waiting for their answer at most; beyond: 503 with Retry-After, stateless.
    std::size_t max_pending_requests = 100'000;
    std::size_t max_pending_bytes = 64 << 20;
    std::size_t max_client_transactions = 1'000'000;
    /// Derives To tags, branch hashes and the branches of named requests; kept in the store, so
    /// that both are the same after a restart. Zeros: random.
    base::HashKey lasting_key{};
    std::string user_agent;  ///< Server header value of answers; empty: none
    /// Event packages, for the Allow-Events of 2xx that form dialogs (RFC 6665 8.2.2).
    std::string allow_events;
    /// Methods served, for the Allow of a 501 (RFC 3261 8.2.1).
    std::string allow = "SUBSCRIBE, NOTIFY, PUBLISH, REGISTER, MESSAGE, OPTIONS";
    /// Answer UDP requests to the port they came from, with or without rport: for old devices
    /// behind NATs.
    bool force_rport = false;
    /// Where peers may make us send; null: to all that no rule forbids everybody.
    std::shared_ptr<const TargetRules> targets;
    /// Proxies whose maddr is believed (RFC 3261 18.2.2).
    std::vector<AddressRange> trusted_peers;
    bool has_overload_control = true;  ///< who asks is told how much to hold back (RFC 7339)
};

/// Everything between the transport and the application on one thread. Messages come from the
/// transport, and from other stacks through a ShardRouter; never from within a call of the handler
/// or of a RequestSource.
class Stack final : public TransportSink {
public:
    Stack(base::Loop& loop, Transport& transport, RequestHandler& handler, base::Metrics& metrics,
          StackOptions options, ShardRouter* router = nullptr);
    ~Stack() override;
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    /// The final answer (or a 100) to a request; later finals are discarded (RFC 3261 17.2.2).
    /// Retransmissions get the same bytes until Timer J. The id stays valid for 64*T1; a stale one
    /// is ignored.
    void answer(ServerTransactionId id, const Answer& answer) { answer_and_weigh(id, answer); }
    /// ... and returns how many bytes of a final answer left.
    std::size_t answer_and_weigh(ServerTransactionId id, const Answer& answer);
    /// As answer(), and forgets the transaction at once: for 401s and overload 503s (RFC
    /// 3261 26.1.5). Copies of what got a 503 get one too.
    void answer_and_forget(ServerTransactionId id, const Answer& answer);
    /// Answers what has no transaction (RFC 3261 8.2.7): a copy of it is judged again. Nothing is
    /// sent to an ACK.
    void answer_statelessly(const Message& request, const Flow& flow, const Answer& answer);
    /// Where answers to `request` go, which came by `flow` (RFC 3261 18.2.2, RFC 3581 4).
    Flow way_back(const Message& request, const Flow& flow) const;
    /// No answer will come (RFC 4320 4.2): drops the request silently.
    void abandon(ServerTransactionId id);
    /// As if the request had never come: a copy of it is looked at anew.
    void drop(ServerTransactionId id);
    /// The pending request of a transaction not yet answered; nullptr once it was.
    const Message* request(ServerTransactionId id) const;

    /// Starts a non-INVITE client transaction on `flow`. `source` must outlive it. Nothing is
    /// called back from within but write_request(). No id: max_client_transactions are under way,
    /// nothing was sent and no outcome will come. One with a `name`, which is not 0 and of no other
    /// request, has the same branch when it is started again in another run: who got it before sees
    /// a retransmission.
    ClientTransactionId start(const Flow& flow, RequestSource& source, std::uint64_t user,
                              std::uint64_t name = 0);
    /// Ends it without on_outcome(); its answer will be counted as stray.
    void forget(ClientTransactionId id);

    /// The Contact value for requests and answers on `flow`: a GRUU of this server with the
    /// listener's port and transport (RFC 6665 4.5.1), in <>. Of the scheme sips where the peer is
    /// reached by it (RFC 3261 12.1.1). `peer` is the URI of who is told: on a secure flow it has
    /// transport=tls for who writes that, and is a sips: URI for who has one.
    std::string_view contact(const Flow& flow, Scheme scheme = Scheme::sip,
                             std::string_view peer = {}) const;
    /// 64-bit keyed hash of the request's Via branch and sent-by: kept with durable changes so that
    /// a repetition after a crash is recognised.
    std::uint64_t branch_hash(const Message& request) const;

    Transport& transport() noexcept;
    std::size_t client_transactions() const noexcept;

    void on_message(std::span<char> bytes, const Flow& flow, Framing framing) override;
    void on_unframeable(std::span<char> bytes, const Flow& flow, ParseResult::Error why) override;
    void on_flow_closed(const Flow& flow) override;
    void on_unreachable(const Endpoint& peer) override;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace herald::sip
