// cli/bench/bench_run.cpp: plays a Plan: one phase after the other, at the pace it asks for.
#include "cli/bench/bench_run.h"

#include <algorithm>
#include <cstdio>

#include <sys/resource.h>

namespace herald::cli::bench {
namespace {

using Kind = Exchange::Kind;

constexpr base::Duration kLongestWait = std::chrono::milliseconds(5);
/// Requests started between two looks at the sockets: answers must not wait for a burst of them.
constexpr int kBurst = 64;
constexpr base::Duration kFirstAnswer = std::chrono::seconds(5);
constexpr base::Duration kProbePause = std::chrono::milliseconds(2);
constexpr base::Duration kPingPause = std::chrono::milliseconds(10);
constexpr base::Duration kRestartPatience = std::chrono::seconds(120);

double seconds_of(base::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Rises from run to run, so that what an earlier one left behind looks old.
std::uint64_t first_sequence(const base::Clock& clock) {
    return static_cast<std::uint64_t>(clock.wall().time_since_epoch().count()) * 1000;
}

base::Instant scheduled(base::Instant begin, std::uint64_t number, std::uint32_t rate) {
    return begin + base::Duration(static_cast<std::int64_t>(number * 1'000'000 / rate));
}

/// Counts answers to what every connection asks once.
class Greeting final : public PortSink {
public:
    void on_message(std::uint32_t, std::string_view, AnswerText&) override { ++answers; }
    void on_refused() override { is_refused = true; }

    std::uint32_t answers = 0;
    bool is_refused = false;
};

std::string options_text(const Plan& plan, const std::string& name, std::uint32_t port) {
    const auto number = std::to_string(port);
    std::string text = "OPTIONS sip:" + plan.domain + " SIP/2.0\r\nVia: SIP/2.0/";
    text.append(sip::via_name(plan.way.protocol)).append(" ").append(name);
    text += ";branch=z9hG4bK" + plan.prefix + number + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:";
    text += plan.prefix + number + "@" + plan.domain + ">;tag=1\r\nTo: <sip:" + plan.domain;
    text += ">\r\nCall-ID: " + plan.prefix + number + "\r\nCSeq: 1 OPTIONS\r\n";
    return text + "Content-Length: 0\r\n\r\n";
}

}  // namespace

Run::Run(const Plan& plan, std::unique_ptr<Ports> ports, const base::Clock& clock)
    : plan_(plan),
      clock_(clock),
      ports_(std::move(ports)),
      traffic_(plan, *ports_),
      fan_out_(plan.presentities, plan.timeout),
      watchers_(traffic_, fan_out_),
      publishers_(traffic_, fan_out_, first_sequence(clock)),
      messengers_(traffic_),
      verifier_(traffic_, fan_out_) {
    traffic_.now = clock.now();
}

Result<Report> Run::play(const Plan& plan, const base::Clock& clock) {
    const auto before =
        usage_of(plan.server_pid != 0 ? plan.server_pid : owner_of_port(plan.way).value_or(0));
    // Connections that are measured themselves come a few at a time.
    const bool are_measured = plan.phase == Phase::connect;
    const auto first =
        are_measured ? std::min(plan.window, plan.ports) : plan.ports + kPublisherPorts;
    if (are_measured) {
        const Status allowed = allow_descriptors(plan.ports + plan.window);
        if (!allowed) return allowed.fault();
    }
    auto ports = Ports::open(plan.way, first);
    if (!ports) return ports.fault();
    Run run(plan, *std::move(ports), clock);
    run.before_ = before;
    if (Status played = run.play_all(); !played) return played.fault();
    return std::move(run.report_);
}

Status Run::play_all() {
    if (Status found = find_server(); !found) return found;
    const auto is = [this](Phase phase) { return plan_.phase == phase; };
    if (is(Phase::connect)) return connect();
    if (is(Phase::message)) {
        message();
        report_.unsent = ports_->unsent();
        return {};
    }
    if (plan_.fan_out > 0) subscribe();
    if (plan_.fan_out > 0 && (is(Phase::refresh) || is(Phase::all))) refresh();
    if (is(Phase::publish) || is(Phase::all) || is(Phase::register_)) {
        publish_first();
        publish();
    }
    if (is(Phase::restart)) {
        if (Status restarted = restart(); !restarted) return restarted;
    }
    if (plan_.verifies) verify();
    report_.subscriptions = watchers_.active();
    report_.ended = watchers_.ended();
    report_.unnotified = watchers_.unnotified();
    if (plan_.unsubscribes && plan_.fan_out > 0) unsubscribe();
    report_.unsent = ports_->unsent();
    return {};
}

void Run::on_message(std::uint32_t, std::string_view datagram, AnswerText& answer) {
    traffic_.now = clock_.now();
    if (datagram.starts_with("SIP/2.0 ")) return on_response(datagram);
    if (datagram.starts_with("NOTIFY ")) return on_request(datagram, answer);
    if (datagram.starts_with("MESSAGE ") && answer_request(datagram, answer))
        return messengers_.on_message();
    ++traffic_.counters.unreadable;
}

void Run::on_request(std::string_view datagram, AnswerText& answer) {
    const auto notify = answer_request(datagram, answer);
    if (!notify) {
        answer.size = 0;
        ++traffic_.counters.unreadable;
        return;
    }
    bool is_known = false;
    if (const auto watcher = traffic_.number_of('w', notify->to_tag)) {
        is_known = watchers_.on_notify(*watcher, *notify);
    } else if (const auto presentity = traffic_.number_of('f', notify->to_tag)) {
        is_known = verifier_.on_notify(*presentity, *notify);
    }
    if (is_known) return;
    ++traffic_.counters.strays;
    deny(answer);
}

void Run::on_response(std::string_view datagram) {
    const auto head = sip::peek_response(datagram);
    if (!head) {
        ++traffic_.counters.unreadable;
        return;
    }
    if (head->status < 200) return;
    Exchange* exchange = traffic_.exchanges.find(head->branch);
    if (!exchange) return;
    switch (exchange->kind) {
        case Kind::probe:
            is_probed_ = true;
            return traffic_.exchanges.close(*exchange);
        case Kind::publish:
            return publishers_.on_response(*exchange, head->status, datagram);
        case Kind::message:
            return messengers_.on_response(*exchange, head->status, datagram);
        case Kind::fetch:
            return verifier_.on_response(*exchange, head->status, datagram);
        case Kind::subscribe:
        case Kind::refresh:
        case Kind::unsubscribe:
            return watchers_.on_response(*exchange, head->status, datagram);
    }
}

void Run::on_timeout(Exchange& exchange) {
    switch (exchange.kind) {
        case Kind::probe:
            return traffic_.exchanges.close(exchange);
        case Kind::publish:
            return publishers_.on_timeout(exchange);
        case Kind::message:
            return messengers_.on_timeout(exchange);
        case Kind::fetch:
            return verifier_.on_timeout(exchange);
        case Kind::subscribe:
        case Kind::refresh:
        case Kind::unsubscribe:
            return watchers_.on_timeout(exchange);
    }
}

void Run::repeat_due() {
    for (;;) {
        const auto due = traffic_.exchanges.next_due(traffic_.now);
        if (due.verdict == Exchanges::Due::Verdict::none) return;
        if (due.verdict == Exchanges::Due::Verdict::repeat) {
            traffic_.repeat(*due.exchange);
        } else {
            on_timeout(*due.exchange);
        }
    }
}

/// A closed loop whose answers died with the server would send nothing that could be refused. What
/// goes out is no message (RFC 5626 3.5.1), so there is no answer either.
void Run::ping() {
    if (!is_pinging_ || traffic_.now < next_ping_) return;
    next_ping_ = traffic_.now + kPingPause;
    ports_->send(plan_.ports, "\r\n\r\n");
}

void Run::turn(base::Duration wait) {
    ping();
    ports_->turn(*this, std::min(wait, kLongestWait));
    traffic_.now = clock_.now();
    repeat_due();
    fan_out_.expire(traffic_.now);
    watchers_.expire();
    verifier_.expire();
    publishers_.recycle();
}

void Run::start_due(const Work& work, const Pace& pace, base::Instant begin,
                    std::uint64_t& started) {
    for (int burst = 0; burst < kBurst; ++burst) {
        if (pace.count > 0 && started == pace.count) return;
        const bool is_open_loop = pace.rate > 0;
        const auto intended = is_open_loop ? scheduled(begin, started, pace.rate) : traffic_.now;
        if (is_open_loop ? intended > traffic_.now : work.unfinished() >= pace.window) return;
        if (!work.start(intended)) return;
        ++started;
    }
}

double Run::seconds_of_store() const {
    return plan_.store_pid == 0 ? 0 : seconds_of_family(plan_.store_pid);
}

PhaseReport& Run::measure(const Work& work, const Pace& pace) {
    turn(base::Duration(0));
    fan_out_.forget_latencies();
    watchers_.latencies() = publishers_.latencies() = Histogram();
    messengers_.latencies() = Histogram();
    const Counters before = traffic_.counters;
    const auto server_before = usage_of(server_pid_);
    const double store_before = seconds_of_store();
    const double own_before = own_cpu_seconds();
    const auto begin = traffic_.now;
    const auto is_over = [&](std::uint64_t started) {
        if (is_refused_) return true;
        if (pace.duration.count() > 0 && traffic_.now - begin >= pace.duration) return true;
        // Without a length of time, the phase lasts until all is finished or given up.
        return pace.count > 0 && started == pace.count && work.unfinished() == 0;
    };
    std::uint64_t started = 0;
    while (!is_over(started)) {
        start_due(work, pace, begin, started);
        const bool is_late = pace.rate > 0 && scheduled(begin, started, pace.rate) <= traffic_.now;
        const auto until_next = pace.rate == 0 ? kLongestWait
                                : is_late      ? base::Duration(0)
                                          : scheduled(begin, started, pace.rate) - traffic_.now;
        turn(until_next);
    }
    PhaseReport phase;
    phase.name = work.name;
    phase.seconds = seconds_of(traffic_.now - begin);
    phase.asked = pace.rate > 0 ? static_cast<std::uint64_t>(phase.seconds * pace.rate) : started;
    phase.counters = traffic_.counters.since(before);
    phase.own_seconds = own_cpu_seconds() - own_before;
    if (const auto server = usage_of(server_pid_); server && server_before) {
        phase.server_user_seconds = server->user_seconds - server_before->user_seconds;
        phase.server_system_seconds = server->system_seconds - server_before->system_seconds;
        phase.server_written_bytes = server->written_bytes - server_before->written_bytes;
    }
    phase.store_seconds = seconds_of_store() - store_before;
    drain(work);
    phase.total = traffic_.counters.since(before);
    report_.phases.push_back(std::move(phase));
    return report_.phases.back();
}

void Run::drain(const Work& work) {
    // Each request and each fan-out is given up after the timeout, one behind the other.
    const auto until = traffic_.now + 2 * plan_.timeout + kLongestWait;
    while (work.unfinished() > 0 && traffic_.now < until && !is_refused_) turn(kLongestWait);
}

Pace Run::measured_pace() const {
    return {.window = plan_.window, .rate = plan_.rate, .count = 0, .duration = plan_.duration};
}

bool Run::probe(base::Duration patience) {
    is_probed_ = false;
    const auto until = traffic_.now + patience;
    auto next = traffic_.now;
    while (!is_probed_ && traffic_.now < until) {
        if (traffic_.now >= next && !traffic_.exchanges.is_full()) {
            next = traffic_.now + kProbePause;
            Exchange& exchange = traffic_.exchanges.open(Kind::probe, 0, ports_->size() - 1);
            const std::string aor = traffic_.aor('p', 0);
            const std::string uri = "sip:" + plan_.way.server.to_string();
            const std::string tag = traffic_.tag('o', exchange.generation);
            traffic_.send(exchange,
                          {.method = "OPTIONS",
                           .request_uri = uri,
                           .via = {},
                           .from = aor,
                           .from_tag = tag,
                           .to = uri,
                           .to_tag = {},
                           .call_id = tag,
                           .cseq = exchange.generation,
                           .contact = {},
                           .event = {},
                           .entity_tag = {},
                           .authorization = {},
                           .expires = {},
                           .body = {}},
                          'p', 0);
        }
        turn(kProbePause);
    }
    return is_probed_;
}

Status Run::find_server() {
    if (!probe(kFirstAnswer)) {
        return Fault{FaultKind::unreachable, "nobody answers SIP over " +
                                                 std::string(sip::via_name(plan_.way.protocol)) +
                                                 " at " + plan_.way.server.to_string()};
    }
    is_refused_ = false;
    server_pid_ = plan_.server_pid != 0 ? plan_.server_pid : owner_of_port(plan_.way).value_or(0);
    const auto usage = usage_of(server_pid_);
    report_.has_server = usage.has_value();
    if (usage && plan_.fan_out > 0) {
        report_.memory.emplace();
        report_.memory->idle_bytes = usage->resident_bytes;
    }
    return {};
}

void Run::subscribe() {
    const Work work{"subscribe",
                    [this](base::Instant intended) { return watchers_.start_subscribe(intended); },
                    [this] { return watchers_.unfinished(); }};
    const Pace pace{.window = plan_.subscribe_window, .count = plan_.watchers()};
    PhaseReport& phase = measure(work, pace);
    phase.latencies = watchers_.latencies();
    phase.finished = phase.latencies.count();
    measure_memory();
}

void Run::measure_memory() {
    const auto begin = traffic_.now;
    while (traffic_.now - begin < plan_.hold && !is_refused_) turn(kLongestWait);
    const auto usage = usage_of(server_pid_);
    if (!usage || !report_.memory) return;
    report_.memory->loaded_bytes = usage->resident_bytes;
    report_.memory->subscriptions = watchers_.active();
    report_.memory->held_seconds = seconds_of(traffic_.now - begin);
}

void Run::refresh() {
    const Work work{"refresh",
                    [this](base::Instant intended) { return watchers_.start_refresh(intended); },
                    [this] { return watchers_.unfinished(); }};
    PhaseReport& phase = measure(work, measured_pace());
    phase.latencies = watchers_.latencies();
    phase.finished = phase.latencies.count();
}

Work Run::publishing() {
    return {plan_.event == Event::reg ? "register" : "publish",
            [this](base::Instant intended) { return publishers_.start(intended); },
            [this] { return fan_out_.unfinished(); }};
}

void Run::measure_publishing(const Work& work, const Pace& pace) {
    PhaseReport& phase = measure(work, pace);
    phase.latencies = fan_out_.latencies();
    phase.answers = publishers_.latencies();
    phase.finished = fan_out_.completed();
    phase.incomplete = fan_out_.incomplete();
}

void Run::publish_first() {
    Work first = publishing();
    first.name = "first " + first.name;
    measure_publishing(first, {.window = plan_.window, .count = plan_.presentities});
}

void Run::publish() {
    measure_publishing(publishing(), measured_pace());
}

void Run::message() {
    publish_first();
    PhaseReport& writing =
        measure({"message", [this](base::Instant intended) { return messengers_.start(intended); },
                 [this] { return messengers_.unfinished(); }},
                measured_pace());
    writing.latencies = messengers_.latencies();
    writing.finished = writing.latencies.count();
}

Status Run::connect() {
    for (std::uint32_t known = 0; known < plan_.ports;) {
        if (Status greeted = greet(known); !greeted) return greeted;
        known = ports_->size();
        const auto more = std::min(plan_.window, plan_.ports - known);
        if (Status grown = ports_->grow(more); !grown) return grown;
    }
    hold_connections();
    if (is_refused_) return Fault{FaultKind::unreachable, "the server closed a connection"};
    auto way = plan_.way;
    if (Status done = measure_connecting("connect", way); !done) return done;
    way.ticket = ports_->ticket();
    return way.ticket ? measure_connecting("resume", way) : Status();
}

/// Each connection from `first` on asks something: a server may close those that never did.
Status Run::greet(std::uint32_t first) {
    Greeting greeting;
    for (std::uint32_t port = first; port < ports_->size(); ++port)
        ports_->send(port, options_text(plan_, ports_->name(port), port));
    const auto end = clock_.now() + plan_.timeout;
    while (first + greeting.answers < ports_->size() && !greeting.is_refused) {
        if (clock_.now() > end) return Fault{FaultKind::timeout, "OPTIONS is not answered"};
        ports_->turn(greeting, kLongestWait);
    }
    is_refused_ = greeting.is_refused;
    return {};
}

void Run::hold_connections() {
    const auto loaded = usage_of(server_pid_);
    const auto since = clock_.now();
    traffic_.now = since;
    while (traffic_.now - since < plan_.hold && !is_refused_) turn(kLongestWait);
    const auto held = usage_of(server_pid_);
    if (!loaded || !held || !before_) return;
    report_.connections = {.count = ports_->size(),
                           .idle_bytes = before_->resident_bytes,
                           .loaded_bytes = loaded->resident_bytes,
                           .held_bytes = held->resident_bytes,
                           .held_seconds = seconds_of(clock_.now() - since),
                           .held_cpu_seconds = held->seconds() - loaded->seconds()};
}

Status Run::measure_connecting(const char* name, const Way& way) {
    PhaseReport phase;
    phase.name = name;
    const auto server_before = usage_of(server_pid_);
    const auto begin = clock_.now();
    const double own_before = own_cpu_seconds();
    while (clock_.now() - begin < plan_.duration) {
        phase.counters.requests += way.at_once;
        const auto opened = Ports::open(way, way.at_once);
        if (!opened) return opened.fault();
        phase.counters.accepted += way.at_once;
    }
    phase.total = phase.counters;
    phase.asked = phase.counters.requests;
    phase.seconds = seconds_of(clock_.now() - begin);
    phase.own_seconds = own_cpu_seconds() - own_before;
    if (const auto after = usage_of(server_pid_); after && server_before) {
        phase.server_user_seconds = after->user_seconds - server_before->user_seconds;
        phase.server_system_seconds = after->system_seconds - server_before->system_seconds;
    }
    report_.phases.push_back(std::move(phase));
    return {};
}

Status Run::restart() {
    publish_first();
    std::fputs("herald bench: publishing; kill the server now, and start it again\n", stderr);
    is_pinging_ = true;
    publish();
    is_pinging_ = false;
    if (!is_refused_) {
        return Fault{FaultKind::timeout, "the server was not stopped while it was published to"};
    }
    const auto down = traffic_.now;
    traffic_.exchanges.close_all();
    watchers_.forget_requests();
    publishers_.forget_requests();
    RestartReport restart;
    restart.behind = watchers_.behind();
    if (!probe(kRestartPatience)) {
        return Fault{FaultKind::unreachable, "the server did not come back"};
    }
    const auto ready = traffic_.now;
    const auto notifies_before = traffic_.counters.notifies;
    restart.ready_seconds = seconds_of(ready - down);
    const auto until = ready + kRestartPatience;
    for (restart.lost = watchers_.behind(); restart.lost > 0 && traffic_.now < until;
         restart.lost = watchers_.behind()) {
        turn(kLongestWait);
    }
    restart.notified_seconds = seconds_of(traffic_.now - ready);
    restart.notifies = traffic_.counters.notifies - notifies_before;
    is_refused_ = false;
    server_pid_ = owner_of_port(plan_.way).value_or(0);
    report_.restart = restart;
    return {};
}

void Run::verify() {
    const Work work{"verify", [this](base::Instant intended) { return verifier_.start(intended); },
                    [this] { return verifier_.unfinished(); }};
    const auto begin = traffic_.now;
    std::uint64_t started = 0;
    const Pace pace{.window = plan_.subscribe_window};
    do {
        start_due(work, pace, begin, started);
        turn(kLongestWait);
    } while (work.unfinished() > 0 || verifier_.has_more());
    report_.verify = {verifier_.intact(), verifier_.lost(), verifier_.unknown(),
                      verifier_.examples()};
}

void Run::unsubscribe() {
    const Work work{
        "unsubscribe",
        [this](base::Instant intended) { return watchers_.start_unsubscribe(intended); },
        [this] { return watchers_.unfinished(); }};
    const Pace pace{.window = plan_.subscribe_window, .count = watchers_.active()};
    PhaseReport& phase = measure(work, pace);
    phase.latencies = watchers_.latencies();
    phase.finished = phase.latencies.count();
}

}  // namespace herald::cli::bench
