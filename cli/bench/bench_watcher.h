// cli/bench/bench_watcher.h: the watchers of the load generator (RFC 6665 4.1): they subscribe,
// answer every NOTIFY, refresh, and leave.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cli/bench/bench_fanout.h"
#include "cli/bench/bench_histogram.h"
#include "cli/bench/bench_traffic.h"

namespace herald::cli::bench {

class Watchers {
public:
    Watchers(Traffic& traffic, FanOut& fan_out);

    /// Each starts the next watcher that it suits; false: there is none now.
    bool start_subscribe(base::Instant intended);
    bool start_refresh(base::Instant intended);
    bool start_unsubscribe(base::Instant intended);

    /// A NOTIFY to watcher `number`; false: it has no subscription.
    bool on_notify(std::uint32_t number, const DialogHead& notify);
    void on_response(Exchange& exchange, int status, std::string_view response);
    void on_timeout(Exchange& exchange);
    /// Gives up waiting for NOTIFYs that a 2xx promised.
    void expire();
    /// Forgets requests under way, but no subscriptions.
    void forget_requests();

    std::uint32_t presentity_of(std::uint32_t number) const noexcept {
        return number / traffic_.plan.fan_out;
    }
    /// SUBSCRIBEs without their 200 and NOTIFY.
    std::size_t unfinished() const noexcept { return unfinished_; }
    std::uint32_t active() const noexcept { return active_; }
    /// Subscriptions the server ended unasked.
    std::uint64_t ended() const noexcept { return ended_; }
    /// 2xx whose NOTIFY never came.
    std::uint64_t unnotified() const noexcept { return unnotified_; }
    /// Active ones that were not yet told what their presentity's server acknowledged.
    std::uint32_t behind() const noexcept;
    /// From the intended time of a SUBSCRIBE to its 200 and NOTIFY, whichever came later.
    Histogram& latencies() noexcept { return latencies_; }

private:
    struct Watcher {
        std::uint64_t seen = 0;  ///< highest sequence number told
        std::uint32_t notify_cseq = 0;
        std::uint32_t cseq = 0;
        bool is_active = false;
        bool is_leaving = false;
        bool needs_answer = false;
        bool needs_notify = false;
        base::Instant intended{};
        std::string remote_tag;
        std::string remote_target;

        bool is_busy() const noexcept { return needs_answer || needs_notify; }
    };
    struct Promise {
        std::uint32_t number;
        base::Instant intended;
        base::Instant until;
    };

    void ask(std::uint32_t number, Exchange::Kind kind, base::Instant intended);
    void send(Exchange& exchange);
    RequestParts parts_of(const Exchange& exchange);
    void accept(std::uint32_t number, Exchange::Kind kind, std::string_view response);
    void settle(std::uint32_t number);
    void abandon(std::uint32_t number);
    void deactivate(std::uint32_t number);

    Traffic& traffic_;
    FanOut& fan_out_;
    std::vector<Watcher> watchers_;
    std::deque<Promise> promises_;
    Histogram latencies_;
    std::size_t unfinished_ = 0;
    std::uint32_t next_subscribe_ = 0;
    std::uint32_t next_refresh_ = 0;
    std::uint32_t next_unsubscribe_ = 0;
    std::uint32_t active_ = 0;
    std::uint64_t ended_ = 0;
    std::uint64_t unnotified_ = 0;
    /// What parts_of() points to.
    std::string request_uri_, from_, from_tag_, to_, contact_;
};

}  // namespace herald::cli::bench
