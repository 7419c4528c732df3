// cli/bench/bench_plan.cpp: what `herald bench` is to do, from its command line.
#include "cli/bench/bench_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/id.h"
#include "base/text.h"

namespace herald::cli::bench {
namespace {

constexpr std::uint64_t kMostWatchers = 1'000'000;
constexpr std::uint32_t kMostPorts = 20'000;
constexpr std::uint32_t kDefaultPorts = 1'000;
/// RFC 3261 17.1.2.2: Timer F.
constexpr std::uint32_t kTimerF = 32;
constexpr std::uint32_t kImpatient = 5;

constexpr std::array<std::pair<std::string_view, Phase>, 9> kPhases{{
    {"subscribe", Phase::subscribe},
    {"refresh", Phase::refresh},
    {"publish", Phase::publish},
    {"register", Phase::register_},
    {"all", Phase::all},
    {"idle", Phase::idle},
    {"restart", Phase::restart},
    {"message", Phase::message},
    {"connect", Phase::connect},
}};

constexpr std::array<std::pair<std::string_view, Event>, 4> kEvents{{
    {"presence", Event::presence},
    {"message-summary", Event::message_summary},
    {"reg", Event::reg},
    {"dialog", Event::dialog},
}};

Fault misuse(std::string sentence) {
    return {FaultKind::malformed, std::move(sentence)};
}

Phase phase_of(std::string_view name) {
    const auto found = std::find_if(kPhases.begin(), kPhases.end(),
                                    [&](const auto& phase) { return phase.first == name; });
    return found == kPhases.end() ? Phase::all : found->second;
}

Event event_of(std::string_view name) {
    const auto found = std::find_if(kEvents.begin(), kEvents.end(),
                                    [&](const auto& event) { return event.first == name; });
    return found == kEvents.end() ? Event::presence : found->second;
}

/// "127.0.0.1:5060", "[::1]:5060", "127.0.0.1".
Result<sip::Endpoint> server_of(std::string_view text) {
    std::uint64_t port = 5060;
    std::string_view host = text;
    const auto colon = text.rfind(':');
    const auto bracket = text.rfind(']');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
    if (has_port) {
        host = text.substr(0, colon);
        port = base::to_u64(text.substr(colon + 1)).value_or(0);
    }
    const auto server = port > 0 && port <= 65535
                            ? sip::Endpoint::from(host, static_cast<std::uint16_t>(port))
                            : std::nullopt;
    if (!server) return misuse("--server is '" + std::string(text) + "', expected ADDRESS:PORT");
    if (!server->is_loopback()) {
        return Fault{FaultKind::forbidden, "only servers on loopback are measured; " +
                                               server->to_string() + " is not one"};
    }
    return *server;
}

Status read_counts(const Arguments& arguments, Plan& plan) {
    plan.presentities = arguments.number_or("presentities", plan.presentities);
    // Devices that only register, or write to each other, are watched by nobody.
    const bool are_devices = plan.phase == Phase::register_ || plan.phase == Phase::message;
    if (are_devices) plan.event = Event::reg;
    const bool is_unwatched = arguments.has("publish-only") || are_devices;
    plan.fan_out = is_unwatched ? 0 : arguments.number_or("fan-out", 1);
    if (std::uint64_t{plan.presentities} * plan.fan_out > kMostWatchers) {
        return misuse("more than " + std::to_string(kMostWatchers) +
                      " watchers: lower --presentities or --fan-out");
    }
    // Each device that registers has a socket of its own, as far as they go.
    const auto users =
        plan.event == Event::reg ? std::max(plan.presentities, plan.watchers()) : plan.watchers();
    const std::uint32_t fitting = std::clamp<std::uint32_t>(users, 1, kMostPorts);
    // What is measured of connections is themselves.
    const auto most = plan.phase == Phase::connect ? kMostPorts : fitting;
    plan.ports = std::min(arguments.number_or("ports", kDefaultPorts), most);
    if (arguments.has("window") && arguments.has("rate")) {
        return misuse("--window and --rate cannot be combined");
    }
    plan.window = arguments.number_or("window", plan.window);
    if (plan.phase == Phase::connect) {
        plan.way.at_once = plan.window;
        plan.way.spreads = true;
    }
    plan.rate = arguments.number_or("rate", 0);
    plan.subscribe_window = arguments.number_or("subscribe-window", plan.subscribe_window);
    return {};
}

}  // namespace

std::string_view name_of(Event event) noexcept {
    return kEvents[static_cast<std::size_t>(event)].first;
}

std::vector<Option> plan_options() {
    using Kind = Option::Kind;
    return {
        {"server", Kind::text, "ADDRESS:PORT", "on loopback; default 127.0.0.1:5060"},
        {"transport", Kind::text, "udp|tcp|tls|ws|wss", "default udp"},
        {"ca", Kind::text, "FILE", "who vouches for the server's certificate; default the system"},
        {"tls-1.2", Kind::flag, "", "do not offer TLS 1.3"},
        {"phase", Kind::text, "subscribe|refresh|publish|register|all|idle|restart|message|connect",
         "what to measure; default all"},
        {"event", Kind::text, "presence|message-summary|reg|dialog",
         "what is watched and changed; default presence"},
        {"presentities", Kind::number, "N", "default 1000", 1, 1'000'000},
        {"fan-out", Kind::number, "N", "watchers of each presentity; default 1", 0, 1'000'000},
        {"publish-only", Kind::flag, "", "no watchers"},
        {"ports", Kind::number, "N",
         "sockets watchers or devices are spread over; default up to 1000", 1, kMostPorts},
        {"window", Kind::number, "N", "closed loop: N requests at once; default 64", 1, 100'000},
        {"rate", Kind::number, "N", "open loop: N requests a second, come what may", 1, 1'000'000},
        {"subscribe-window", Kind::number, "N", "SUBSCRIBEs at once; default 256", 1, 100'000},
        {"seconds", Kind::number, "N", "length of a measured phase; default 10", 1, 3600},
        {"hold", Kind::number, "SECONDS", "quiet time before memory is measured", 0, 3600},
        {"timeout", Kind::number, "SECONDS", "give an answer up; default 5, with --retransmit 32",
         1, 300},
        {"retransmit", Kind::flag, "", "repeat unanswered requests (RFC 3261 17.1.2.2)"},
        {"body-size", Kind::number, "BYTES", "of a published document; default 600", 500, 16'000},
        {"expires", Kind::number, "SECONDS",
         "of subscriptions, publications and registrations; default 3600", 60, 604'800},
        {"domain", Kind::text, "NAME", "of all addresses; default the server's address"},
        {"prefix", Kind::text, "TEXT", "of all user parts; default new in each run"},
        {"password", Kind::text, "TEXT", "answer digest challenges, each under its own user part"},
        {"user", Kind::text, "NAME", "answer them all under this name"},
        {"server-pid", Kind::number, "PID", "default: who has the port", 1},
        {"store-pid", Kind::number, "PID",
         "the database's first process: what it and its children use is told too", 1},
        {"verify", Kind::flag, "",
         "at the end fetch each presentity: is what was acknowledged there?"},
        {"unsubscribe", Kind::flag, "", "end all subscriptions at the end"},
        {"json", Kind::flag, "", "print JSON"},
    };
}

Result<Plan> plan_of(const Arguments& arguments) {
    Plan plan;
    auto server = server_of(arguments.text_or("server", "127.0.0.1:5060"));
    if (!server) return server.fault();
    plan.way.server = *server;
    plan.way.protocol =
        sip::protocol_of(arguments.text_or("transport", "udp")).value_or(sip::Protocol::udp);
    plan.way.authorities = arguments.text_or("ca", "");
    plan.way.is_old_client = arguments.has("tls-1.2");
    plan.phase = phase_of(arguments.text_or("phase", "all"));
    plan.event = event_of(arguments.text_or("event", "presence"));
    if (plan.phase == Phase::connect && plan.way.protocol == sip::Protocol::udp)
        return misuse("--phase connect needs a --transport with connections");
    if (plan.phase == Phase::restart && plan.way.protocol != sip::Protocol::udp)
        return misuse("--phase restart goes by UDP only: connections end with their server");
    if (Status read = read_counts(arguments, plan); !read) return read.fault();
    plan.duration = std::chrono::seconds(arguments.number_or("seconds", 10));
    plan.hold = std::chrono::seconds(arguments.number_or("hold", 0));
    plan.retransmits = arguments.has("retransmit");
    plan.timeout = std::chrono::seconds(
        arguments.number_or("timeout", plan.retransmits ? kTimerF : kImpatient));
    plan.body_size = arguments.number_or("body-size", plan.body_size);
    plan.expires = arguments.number_or("expires", plan.expires);
    plan.domain = arguments.text_or("domain", plan.way.server.uri_host());
    plan.prefix = arguments.text_or("prefix", "");
    if (plan.prefix.empty()) plan.prefix = "bench-" + base::random_token(5) + "-";
    plan.user = arguments.text_or("user", "");
    plan.password = arguments.text_or("password", "");
    if (!plan.user.empty() && plan.password.empty()) return misuse("--user needs a --password");
    plan.server_pid = static_cast<int>(arguments.number_or("server-pid", 0));
    plan.store_pid = static_cast<int>(arguments.number_or("store-pid", 0));
    plan.verifies = arguments.has("verify");
    plan.unsubscribes = arguments.has("unsubscribe");
    plan.is_json = arguments.has("json");
    return plan;
}

}  // namespace herald::cli::bench
