// tests/unit/cli/bench/bench_run_test.cpp: whole runs of the load generator against a small server.
#include "cli/bench/bench_run.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "tests/support/presence_server.h"

namespace herald::cli::bench::bench_run_test {

namespace {

using namespace std::chrono_literals;
using support::PresenceServer;

Plan small_plan(const PresenceServer& server, Phase phase) {
    Plan plan;
    const std::string address = server.address();
    plan.way.server = *sip::Endpoint::from(
        "127.0.0.1",
        static_cast<std::uint16_t>(*base::to_u64(address.substr(address.find(':') + 1))));
    plan.domain = "localhost";
    plan.prefix = "t-";
    plan.phase = phase;
    plan.presentities = 5;
    plan.fan_out = 4;
    plan.ports = 20;
    plan.window = 3;
    plan.subscribe_window = 6;
    plan.duration = 200ms;
    plan.timeout = 2s;
    return plan;
}

Report played(const Plan& plan) {
    const base::SystemClock clock;
    auto report = Run::play(plan, clock);
    REQUIRE(report);
    return *std::move(report);
}

const PhaseReport& phase_of(const Report& report, std::string_view name) {
    for (const auto& phase : report.phases) {
        if (phase.name == name) return phase;
    }
    FAIL("no such phase");
    return report.phases.front();
}

TEST_CASE("a run subscribes, refreshes and publishes; each NOTIFY is answered, nothing is lost") {
    const PresenceServer server({});
    Plan plan = small_plan(server, Phase::all);
    plan.verifies = true;

    const Report report = played(plan);

    CHECK(report.subscriptions == 20);
    CHECK(server.watcher_ports() >= 20);
    CHECK(phase_of(report, "subscribe").finished == 20);
    CHECK(phase_of(report, "refresh").finished > 0);
    CHECK(phase_of(report, "first publish").finished == 5);
    const PhaseReport& publish = phase_of(report, "publish");
    CHECK(publish.finished == publish.total.accepted);
    CHECK(publish.total.notifies == 4 * publish.total.accepted);
    CHECK(publish.incomplete == 0);
    CHECK(publish.total.timeouts == 0);
    CHECK(publish.latencies.quantile(0.5) > base::Duration(0));
    REQUIRE(report.verify);
    CHECK(report.verify->intact == 5);
    CHECK(report.is_good());
    CHECK(report.has_server);
    std::uint64_t notifies = 5;  // of the fetches
    for (const auto& phase : report.phases) notifies += phase.total.notifies;
    CHECK(server.confirmed() <= notifies);
    CHECK(server.confirmed() + 20 >= notifies);
}

TEST_CASE("an open loop keeps its schedule") {
    const PresenceServer server({});
    Plan plan = small_plan(server, Phase::publish);
    plan.rate = 500;

    const PhaseReport publish = phase_of(played(plan), "publish");

    // How many of them a busy machine lets start is its own affair; never more than the rate asks.
    CHECK(publish.asked >= 99);
    CHECK(publish.total.requests > 0);
    CHECK(publish.total.requests <= publish.asked + 2);
}

TEST_CASE("without watchers a PUBLISH ends with its 200") {
    const PresenceServer server({});
    Plan plan = small_plan(server, Phase::publish);
    plan.fan_out = 0;
    plan.ports = 1;

    const PhaseReport publish = phase_of(played(plan), "publish");

    CHECK(publish.finished == publish.total.accepted);
    CHECK(publish.total.notifies == 0);
    CHECK(publish.finished > 0);
}

TEST_CASE("RFC 3261 10.2: each device registers once, then refreshes with rising CSeqs") {
    for (const std::string password : {"", "secret"}) {
        CAPTURE(password);
        const PresenceServer server({.password = password});
        Plan plan = small_plan(server, Phase::register_);
        plan.event = Event::reg;
        plan.fan_out = 0;
        plan.ports = 5;
        plan.password = password;

        const Report report = played(plan);

        CHECK(phase_of(report, "first register").finished == 5);
        CHECK(phase_of(report, "first register").total.challenges == (password.empty() ? 0 : 5));
        const PhaseReport& refreshes = phase_of(report, "register");
        CHECK(refreshes.finished > 0);
        CHECK(refreshes.finished == refreshes.total.accepted);
        CHECK(refreshes.total.refused() == 0);
        CHECK(server.subscriptions() == 0);
    }
}

TEST_CASE("an open loop of devices keeps its schedule") {
    const PresenceServer server({});
    Plan plan = small_plan(server, Phase::register_);
    plan.event = Event::reg;
    plan.fan_out = 0;
    plan.rate = 500;

    const PhaseReport refreshes = phase_of(played(plan), "register");

    CHECK(refreshes.asked >= 99);
    CHECK(refreshes.total.requests > 0);
    CHECK(refreshes.total.requests <= refreshes.asked + 2);
}

TEST_CASE("mailboxes and bindings are changed and told of as presence is, to their owners") {
    for (const Event event : {Event::message_summary, Event::reg}) {
        for (const std::string password : {"", "secret"}) {
            CAPTURE(name_of(event));
            CAPTURE(password);
            const PresenceServer server(
                {.password = password, .owners_event = std::string(name_of(event))});
            Plan plan = small_plan(server, Phase::all);
            plan.event = event;
            plan.password = password;
            plan.verifies = true;

            const Report report = played(plan);

            const std::string change = event == Event::reg ? "register" : "publish";
            CHECK(report.subscriptions == 20);
            CHECK(phase_of(report, "first " + change).finished == 5);
            const PhaseReport& changes = phase_of(report, change);
            CHECK(changes.finished > 0);
            CHECK(changes.finished == changes.total.accepted);
            CHECK(changes.total.notifies == 4 * changes.total.accepted);
            CHECK(changes.incomplete == 0);
            CHECK(server.lamps_left() == 0);
            REQUIRE(report.verify);
            CHECK(report.verify->intact == 5);
        }
    }
}

TEST_CASE("RFC 3428: everybody registers and writes to somebody else") {
    const PresenceServer server({});
    Plan plan = small_plan(server, Phase::message);
    plan.event = Event::reg;
    plan.fan_out = 0;
    plan.ports = 5;

    const Report report = played(plan);

    CHECK(phase_of(report, "first register").finished == 5);
    const PhaseReport& messages = phase_of(report, "message");
    CHECK(messages.finished > 0);
    CHECK(messages.finished == messages.total.accepted);
    CHECK(server.messages() == messages.total.accepted);
}

TEST_CASE("RFC 3261 17.1.2.2: requests that got lost are repeated and counted") {
    const PresenceServer server({.drops_first = true});
    Plan plan = small_plan(server, Phase::publish);
    plan.timeout = 32s;
    plan.retransmits = true;

    const Report report = played(plan);

    CHECK(report.subscriptions == 20);
    CHECK(phase_of(report, "subscribe").total.repetitions == 20);
    CHECK(phase_of(report, "first publish").total.repetitions == 5);
    CHECK(phase_of(report, "first publish").finished == 5);
}

TEST_CASE("refusals are counted by status and are no goodput") {
    const PresenceServer server({.refuse_every = 2});
    const Report report = played(small_plan(server, Phase::publish));

    const PhaseReport& publish = phase_of(report, "publish");

    CHECK(publish.total.refusals[503] > 0);
    CHECK(publish.total.refused() + publish.total.accepted == publish.total.requests);
    CHECK(publish.finished == publish.total.accepted);
    CHECK(to_json(report, small_plan(server, Phase::publish)).find("\"503\"") != std::string::npos);
}

TEST_CASE("an acknowledged document that is not there is found out") {
    const PresenceServer server({.forgets = true});
    Plan plan = small_plan(server, Phase::publish);
    plan.fan_out = 0;
    plan.ports = 1;
    plan.verifies = true;

    const Report report = played(plan);

    REQUIRE(report.verify);
    CHECK(report.verify->lost == 5);
    CHECK(report.verify->intact == 0);
    CHECK_FALSE(report.is_good());
}

TEST_CASE("fan-outs that never come are counted and given up") {
    const PresenceServer server({.is_silent = true});
    Plan plan = small_plan(server, Phase::publish);
    plan.timeout = 200ms;

    const Report report = played(plan);

    CHECK(phase_of(report, "first publish").incomplete == 5);
    CHECK(phase_of(report, "first publish").finished == 0);
}

TEST_CASE("RFC 7616: watchers and publishers authenticate, each under its own name") {
    const PresenceServer server({.password = "secret"});
    Plan plan = small_plan(server, Phase::all);
    plan.password = "secret";
    plan.verifies = true;

    const Report report = played(plan);

    CHECK(report.subscriptions == 20);
    CHECK(phase_of(report, "subscribe").total.challenges == 20);
    CHECK(phase_of(report, "first publish").total.challenges == 5);
    CHECK(phase_of(report, "publish").total.refused() == 0);
    CHECK(phase_of(report, "publish").finished > 0);
    REQUIRE(report.verify);
    CHECK(report.verify->intact == 5);
}

TEST_CASE("a wrong password is a refusal, not a loop") {
    const PresenceServer server({.password = "secret"});
    Plan plan = small_plan(server, Phase::subscribe);
    plan.password = "wrong";

    const Report report = played(plan);

    CHECK(report.subscriptions == 0);
    CHECK(phase_of(report, "subscribe").total.refusals[401] == 20);
    CHECK(phase_of(report, "subscribe").total.requests == 20);
}

TEST_CASE("subscriptions are ended where that is asked for") {
    const PresenceServer server({});
    Plan plan = small_plan(server, Phase::idle);
    plan.unsubscribes = true;

    const Report report = played(plan);

    CHECK(phase_of(report, "unsubscribe").finished == 20);
    CHECK(report.ended == 0);
    CHECK(server.subscriptions() == 0);
}

TEST_CASE("a server that was killed is waited for until each watcher has what was acknowledged") {
    const PresenceServer server({.dies_at = 12});
    Plan plan = small_plan(server, Phase::restart);
    plan.duration = 20s;

    const Report report = played(plan);

    REQUIRE(report.restart);
    CHECK(report.restart->ready_seconds > 0.05);
    CHECK(report.restart->behind >= 4);
    CHECK(report.restart->lost == 0);
    CHECK(report.is_good());
}

TEST_CASE("nobody at the port is no answer") {
    Plan plan;
    {
        const PresenceServer server({});
        plan = small_plan(server, Phase::subscribe);
    }
    const base::SystemClock clock;

    const auto report = Run::play(plan, clock);

    REQUIRE_FALSE(report);
    CHECK(report.fault().kind == FaultKind::unreachable);
}

TEST_CASE("the report names figures for people") {
    const PresenceServer server({});
    const Plan plan = small_plan(server, Phase::publish);

    const std::string text = to_text(played(plan), plan);

    for (const char* part :
         {"subscribe: ", "publish: ", "NOTIFYs", "p99", "server CPU", "memory: "}) {
        CHECK(text.find(part) != std::string::npos);
    }
}

}  // namespace
}  // namespace herald::cli::bench::bench_run_test
