// cli/bench/bench_run.h: plays a Plan: one phase after the other, at the pace it asks for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "cli/bench/bench_messenger.h"
#include "cli/bench/bench_ports.h"
#include "cli/bench/bench_process.h"
#include "cli/bench/bench_publisher.h"
#include "cli/bench/bench_report.h"
#include "cli/bench/bench_traffic.h"
#include "cli/bench/bench_verifier.h"
#include "cli/bench/bench_watcher.h"

namespace herald::cli::bench {

/// How fast requests are started.
struct Pace {
    std::size_t window = 0;     ///< closed loop: so many unfinished ones
    std::uint32_t rate = 0;     ///< open loop: so many a second on a fixed schedule
    std::uint64_t count = 0;    ///< stop after so many; 0: at the end of the time
    base::Duration duration{};  ///< stop after this time; 0: when the count is reached
};

/// What a phase does over and over.
struct Work {
    std::string name;
    std::function<bool(base::Instant intended)> start;  ///< false: nothing can be started now
    std::function<std::size_t()> unfinished;
};

class Run final : private PortSink {
public:
    /// Faults: io, limit_reached, unreachable.
    static Result<Report> play(const Plan& plan, const base::Clock& clock);

private:
    Run(const Plan& plan, std::unique_ptr<Ports> ports, const base::Clock& clock);

    void on_message(std::uint32_t port, std::string_view datagram, AnswerText& answer) override;
    void on_refused() override { is_refused_ = true; }
    void on_request(std::string_view datagram, AnswerText& answer);
    void on_response(std::string_view datagram);
    void on_timeout(Exchange& exchange);

    Status play_all();
    Status find_server();
    bool probe(base::Duration patience);
    void subscribe();
    void measure_memory();
    void refresh();
    /// The first request of each presentity creates its publication or binding; publish() modifies
    /// them.
    void publish_first();
    void publish();
    /// Everybody registers and writes to somebody else.
    void message();
    /// Connections that are opened and closed, one after the other; before that the memory of those
    /// that are open.
    Status connect();
    Status greet(std::uint32_t first);
    void hold_connections();
    Status measure_connecting(const char* name, const Way& way);
    Status restart();
    void verify();
    void unsubscribe();

    /// Starts `work` at `pace`, and waits for the rest at the end.
    double seconds_of_store() const;
    PhaseReport& measure(const Work& work, const Pace& pace);
    void start_due(const Work& work, const Pace& pace, base::Instant begin, std::uint64_t& started);
    void drain(const Work& work);
    void turn(base::Duration wait);
    void repeat_due();
    void ping();
    Pace measured_pace() const;
    Work publishing();
    void measure_publishing(const Work& work, const Pace& pace);

    const Plan& plan_;
    const base::Clock& clock_;
    std::unique_ptr<Ports> ports_;
    Traffic traffic_;
    FanOut fan_out_;
    Watchers watchers_;
    Publishers publishers_;
    Messengers messengers_;
    Verifier verifier_;
    Report report_;
    int server_pid_ = 0;
    std::optional<Usage> before_;  ///< of the server, when there were no connections of ours
    bool is_refused_ = false;      ///< the server's port is closed
    bool is_probed_ = false;       ///< the server answered a probe
    bool is_pinging_ = false;      ///< to notice at once that the port is closed
    base::Instant next_ping_{};
};

}  // namespace herald::cli::bench
