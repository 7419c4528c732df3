// sip/path.h: the way of one request to its peer: what is tried, in which order, and whether UDP
// will do (RFC 3263 4.3, RFC 3261 18.1.1).
//
//   legs ---> a flow: open? ------------------------------------> ready
//        \--> a URI: addresses, in order; each opened in turn --> ready
//
//   ready -> a transaction of its own -> answered                  the Path has done its work
//                                     -> no answer, 503, ICMP      next()
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/loop.h"
#include "base/result.h"
#include "base/task.h"
#include "sip/approach.h"
#include "sip/endpoint.h"
#include "sip/locate.h"
#include "sip/transaction.h"
#include "sip/transport.h"

namespace herald::sip {

/// The tries of one request. Made when something is to be sent to a peer whose way is not sure;
/// whoever has a flow that answers needs none. Movable; one thread.
///
///     branch.path = sip::Path(means, sip::legs_to(device));
///     go_on(branch, branch.path.next([this, id](sip::Path::Step step) { go_on(id, step); }));
///     // ready:   stack.start(path.flow(), ...); on_outcome(): is_next_way_due() ? next() : done
///     // looking: go_on() is called later;   over: nothing is left: 408 or 503, flow_lost
class Path {
public:
    struct Means {
        base::Loop& loop;
        Transport& transport;
        Locator& locator;
    };
    enum class Step : std::uint8_t {
        ready,    ///< flow() is what to send on
        looking,  ///< names are looked up
        over,     ///< nothing is left to be tried
    };
    using Found = base::Task<void(Step)>;

    Path() = default;  ///< nothing to try
    /// An address is tried once, though several legs lead to it. One that is the peer of a flow
    /// among the legs comes first of its leg, and is sent to by that flow. What leads to a listener
    /// of ours, or where those who named it may not lead (TargetRules), is passed over. A lookup
    /// that another leg follows is waited for two seconds.
    Path(const Means& means, std::vector<Leg> legs);
    ~Path();
    Path(Path&&) noexcept;
    Path& operator=(Path&&) noexcept;

    /// The next way. After `looking`, and only then, `found` is called with one of the other two,
    /// on the loop, never from within; not at all once the Path is gone.
    Step next(Found found);
    /// More to try, after all there is. Not while `looking`.
    void add(std::vector<Leg> legs);
    /// Of the last `ready`.
    const Flow& flow() const noexcept;
    /// Whether its URI led there: somebody listens at that address, which is more than a flow says.
    bool is_named() const noexcept;
    /// Why the last name that led nowhere did so; nullopt: none did.
    const std::optional<Fault>& trouble() const noexcept;
    /// Whether next() would have something to try, as far as is known.
    bool has_more() const noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Whether somebody who sends to `endpoint` sends to one of `listeners`.
bool is_listener(const Endpoint& endpoint, std::span<const ListenerAddress> listeners);

/// Whether a request with this outcome is to be sent the next way: nothing could be sent, nobody
/// answered until Timer F, or 503 (RFC 3263 4.3). Any other answer is the peer's, and final.
bool is_next_way_due(const ClientOutcome& outcome) noexcept;

/// Carries what is too large for UDP. One a shard: it remembers for ten minutes who took no stream.
class LargeRequests {
public:
    LargeRequests(base::Loop& loop, Transport& transport) : loop_(loop), transport_(transport) {}

    /// The flow for a request of `size` bytes that would go by `flow` to somebody who listens there
    /// (a Path that is_named()): that one, where it is a stream or the request small enough; else a
    /// stream to the very same address and port; else, where the peer took none, `flow` all the
    /// same, which the caller counts.
    Flow carrier(const Flow& flow, std::size_t size);
    /// As above for a flow that a request came by: only where `uri`, the Contact or the route it
    /// goes to, names the address and port it came from.
    Flow carrier(const Flow& flow, std::size_t size, std::string_view uri);
    /// The stream carrier() gave was not taken: the request is to be sent by UDP after all, and so
    /// are others.
    void on_refused(const Flow& stream);

private:
    bool takes_no_stream(const Endpoint& peer);

    base::Loop& loop_;
    Transport& transport_;
    const std::uint64_t seed_ = base::random_u64();
    std::unordered_map<std::uint64_t, base::Instant> refused_;  ///< until when, by hash of the peer
};

}  // namespace herald::sip
