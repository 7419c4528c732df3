// server/message/relay.h: sends one request to the devices of a user and finds the best answer (RFC
// 3261 16.6 to 16.9, RFC 5626 7).
//
//   devices: all at once;  flows of one device: one after the other, while it answers 408 or 430
//   ways to one flow's device (sip/path.h): one after the other, while nobody answers, or 503
//
//   answered   the first 2xx, else the best answer when all have answered, else 408 when the
//              patience is over
//   settled    all have answered, or the patience is over
//   late       a 2xx that came after a 408 was reported
//   over       nothing more can come
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/slab.h"
#include "base/task.h"
#include "server/core/context.h"
#include "server/core/credit.h"
#include "server/message/proxy_load.h"
#include "sip/answer.h"
#include "sip/locate.h"
#include "sip/path.h"
#include "sip/transaction.h"

namespace herald::server {

/// One device, or a server elsewhere.
struct RelayTarget {
    std::string request_uri;
    std::string routes;          ///< as sip::read_routes() gives them
    std::vector<sip::Leg> legs;  ///< where it may be reached, best first
    std::string instance;        ///< targets with the same are one device; empty: alone
    std::string name;            ///< tells those with the same Request-URI apart
    /// What may go there until somebody answers; null: the operator named it.
    std::shared_ptr<Credit> credit{};
};

struct RelayOrder {
    std::string method = "MESSAGE";
    bool is_whole = false;  ///< the best answer is handed back with all that it says
    std::string text;       ///< of the request, from behind the topmost Via to the end of the body
    std::string via_parameter;         ///< ";name=value" for our Via; empty: none
    std::uint32_t breadth = 0;         ///< Max-Breadth to be shared out (RFC 5393 5.3); 0: not said
    std::vector<RelayTarget> targets;  ///< none: as if nobody answered
    base::Duration patience{};         ///< zero: until all have answered, or Timer F
    base::Budget::Share share{};       ///< of the memory for what is on its way
    /// Learns what the next hop says of its load; null: nobody wants to know.
    std::shared_ptr<ProxyLoad> load{};
};

struct RelayReport {
    enum class Stage : std::uint8_t { answered, settled, late, over };
    Stage stage;
    /// With `answered`: what may be handed back, or 408.
    sip::Answer best;
    /// With `settled`: names of the devices that did not answer.
    std::vector<std::string> silent;
};

/// Relays requests for one shard. Does not know who sent them or what becomes of them.
class Relay final : public sip::RequestSource {
public:
    /// Gets `answered` once, `settled` once after it, `late` at most once after that, and
    /// `over` at the end. Never called
    /// from within start().
    using Done = base::Task<void(const RelayReport&)>;

    Relay(Context& context, sip::Locator& locator);

    void start(RelayOrder order, Done done);
    /// Requests under way.
    std::size_t in_flight() const noexcept { return branches_.size(); }

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;
    bool is_relay() const noexcept override { return true; }

private:
    struct Job {
        RelayOrder order;
        Done done;
        std::vector<base::SlotId> branches;  ///< not over yet
        std::optional<sip::Answer> best;
        std::uint32_t share = 0;  ///< of the breadth, for each branch
        base::TimerId patience;
        bool is_answered = false;
        bool is_success = false;
        bool is_settled = false;
    };
    /// One device.
    struct Branch {
        base::SlotId job;
        std::vector<std::uint32_t> targets;  ///< of the order; the first one is tried
        sip::ClientTransactionId transaction;
        sip::Path path;                   ///< to that target
        bool is_switched = false;         ///< on TCP because the request is too large for UDP
        bool has_left = false;            ///< by this way: what follows are copies
        std::optional<sip::Answer> last;  ///< of the ways that were tried
    };

    void add_branches(base::SlotId id, Job& job);
    void begin(base::SlotId id);
    void take_next_way(base::SlotId id);
    void follow(base::SlotId id, sip::Path::Step step);
    void send(base::SlotId id);
    sip::Flow carrier_of(const Branch& branch, std::size_t size);
    void give_up(base::SlotId id);
    void fail(base::SlotId id, int status);
    void fail_later(base::SlotId id, int status);
    void conclude(base::SlotId id, sip::Answer answer);
    static void collect(Job& job, sip::Answer answer);
    void report_answer(Job& job, sip::Answer answer);
    void settle(base::SlotId id);
    void on_patience(base::SlotId id);
    const RelayTarget& target_of(const Branch& branch) const;

    Context& context_;
    sip::Locator& locator_;
    base::Slab<Job> jobs_;
    base::Slab<Branch> branches_;
    base::Timers::Owner patience_;
    sip::LargeRequests large_;
    base::Counter& sent_;
    base::Counter& too_large_;
};

/// The better one of two final answers, neither a 2xx (RFC 3261 16.7 step 6).
bool is_better(int status, int than) noexcept;

/// What of an answer is handed back.
enum class AnswerScope : std::uint8_t { message, whole };
/// An answer of a device as it is handed back: whole but for what the transaction supplies, or, to
/// a MESSAGE, without what the transaction supplies, without what
/// names the device (Contact, but where it says whom to ask instead), and a 2xx without a body (RFC
/// 3428 7).
sip::Answer relayed_answer(const sip::Message& response, AnswerScope scope = AnswerScope::message);

}  // namespace herald::server
