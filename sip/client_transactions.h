// sip/client_transactions.h: the requests under way: retransmitted, matched with their answers,
// timed out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "sip/branch.h"
#include "sip/transaction.h"
#include "sip/transport.h"

namespace herald::sip {

struct ClientTransactionOptions {
    unsigned shard = 0;
    TransactionTimers timers;
    std::size_t limit = 1'000'000;  ///< under way at once
    base::HashKey lasting_key{};    ///< of the branches of named requests
};

/// All non-INVITE client transactions of one thread (RFC 3261 17.1.2). A request costs no
/// allocation once the tables have grown; its answer is found by the branch we wrote, without a
/// hash table.
class ClientTransactions {
public:
    ClientTransactions(base::Loop& loop, Transport& transport, base::Metrics& metrics,
                       const ClientTransactionOptions& options);
    ~ClientTransactions();
    ClientTransactions(const ClientTransactions&) = delete;
    ClientTransactions& operator=(const ClientTransactions&) = delete;

    /// As Stack::start().
    ClientTransactionId start(const Flow& flow, RequestSource& source, std::uint64_t user,
                              std::uint64_t name = 0);
    /// As Stack::forget().
    void forget(ClientTransactionId id);

    /// A response with this top branch and CSeq. `message` as in ClientOutcome. False: it belongs
    /// to no transaction, being late, a stray or a guess.
    bool receive(const ResponseHead& head, const Message* message);

    /// Fails the transactions on this stream.
    void on_flow_closed(const Flow& flow);
    /// Fails the transactions with this UDP peer.
    void on_unreachable(const Endpoint& peer);

    std::size_t size() const noexcept { return transactions_.size(); }

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    struct Transaction {
        RequestSource* source;
        std::uint64_t user;
        Flow flow;
        base::Instant started;
        base::Instant retransmit;    ///< Timer E
        std::uint32_t interval = 0;  ///< of Timer E, microseconds
        std::uint32_t cseq = 0;
        std::uint32_t next = kNone;  ///< in its bucket
        std::uint32_t previous = kNone;
        base::TimerId timer;  ///< whichever of E and F comes first
        Method method = Method::unknown;
        ClientState state = ClientState::trying;
        bool is_named = false;
        bool is_failing = false;  ///< could not be sent; the timer reports it
    };

    /// Writes the request into out_ and hands it to the transport.
    bool send(std::uint32_t slot);
    void write_via(std::uint32_t slot);
    Branch branch_of(std::uint32_t slot) const;
    std::optional<base::SlotId> place_of(const Branch& branch) const;
    bool take_name(std::uint32_t slot, std::uint64_t name);
    void count_size(const Flow& flow);
    void arm(std::uint32_t slot);
    void on_timer(std::uint64_t payload);
    void retransmit(std::uint32_t slot);
    void fail(base::SlotId id);
    void report(std::uint32_t slot, ClientOutcome outcome);
    void release(std::uint32_t slot);

    std::uint32_t& bucket_of(const Flow& flow) noexcept;
    void link(std::uint32_t slot);
    void unlink(std::uint32_t slot) noexcept;
    void grow_buckets();
    template <class Matches>
    void fail_where(const Flow& flow, Matches matches);

    base::Loop& loop_;
    Transport& transport_;
    const ClientTransactionOptions options_;
    const BranchKey branches_;
    const std::uint64_t seed_;
    const base::Timers::Owner owner_;
    base::Counter& under_way_;
    base::Counter& retransmissions_;
    base::Counter& oversize_;

    base::Slab<Transaction> transactions_;
    /// Those that are named: there are few.
    std::unordered_map<std::uint64_t, base::SlotId> by_name_;
    std::unordered_map<std::uint32_t, std::uint64_t> names_;  ///< by slot
    std::vector<std::uint32_t> buckets_;   ///< first transaction of each hash of a peer
    std::string out_;                      ///< the request being written
    std::string via_;                      ///< its Via line
    std::vector<std::string> via_starts_;  ///< by listener
    std::vector<base::SlotId> failing_;
};

}  // namespace herald::sip
