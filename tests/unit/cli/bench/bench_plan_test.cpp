// tests/unit/cli/bench/bench_plan_test.cpp: the command line of `herald bench`.
#include "cli/bench/bench_plan.h"

#include <doctest/doctest.h>

namespace herald::cli::bench::bench_plan_test {
namespace {

Result<Plan> plan_from(const std::vector<std::string_view>& words) {
    const Syntax syntax{"", 0, 0, plan_options()};
    const auto arguments = Arguments::parse(syntax, words);
    if (!arguments) return arguments.fault();
    return plan_of(*arguments);
}

TEST_CASE("without options a thousand presentities with one watcher each are played") {
    const auto plan = plan_from({});

    REQUIRE(plan);
    CHECK(plan->way.server.to_string() == "127.0.0.1:5060");
    CHECK(plan->domain == "127.0.0.1");
    CHECK(plan->watchers() == 1000);
    CHECK(plan->ports == 1000);
    CHECK(plan->rate == 0);
    CHECK(plan->timeout == std::chrono::seconds(5));
}

TEST_CASE("only a server on loopback is accepted") {
    for (const char* server : {"127.0.0.1:5070", "127.9.9.9", "[::1]:5060", "127.0.0.1"}) {
        CHECK(plan_from({"--server", server}));
    }
    for (const char* server : {"192.0.2.1:5060", "0.0.0.0:5060", "8.8.8.8", "[2001:db8::1]:5060"}) {
        const auto plan = plan_from({"--server", server});
        REQUIRE_FALSE(plan);
        CHECK(plan.fault().kind == FaultKind::forbidden);
    }
    for (const char* server : {"example.com:5060", "127.0.0.1:0", "127.0.0.1:70000", ""}) {
        const auto plan = plan_from({"--server", server});
        REQUIRE_FALSE(plan);
        CHECK(plan.fault().kind == FaultKind::malformed);
    }
}

TEST_CASE("loads are bounded, and a loop is open or closed") {
    CHECK_FALSE(plan_from({"--presentities", "100000", "--fan-out", "100"}));
    CHECK_FALSE(plan_from({"--presentities", "1000000", "--fan-out", "1000000"}));
    // 2^32 and a little more.
    CHECK_FALSE(plan_from({"--presentities", "1000000", "--fan-out", "4295"}));
    CHECK_FALSE(plan_from({"--seconds", "3601"}));
    CHECK_FALSE(plan_from({"--rate", "10", "--window", "10"}));
    CHECK(plan_from({"--presentities", "1000", "--fan-out", "1000"}));
}

TEST_CASE("there are never more ports than watchers, and one at least") {
    CHECK(plan_from({"--presentities", "10", "--ports", "500"})->ports == 10);
    CHECK(plan_from({"--presentities", "2000", "--ports", "2000"})->ports == 2000);
    CHECK(plan_from({"--publish-only"})->ports == 1);
    CHECK(plan_from({"--publish-only"})->watchers() == 0);
}

TEST_CASE("devices that register are watched by nobody, and have ports of their own") {
    const auto plan = plan_from({"--phase", "register", "--presentities", "300", "--fan-out", "9"});
    REQUIRE(plan);
    CHECK(plan->phase == Phase::register_);
    CHECK(plan->watchers() == 0);
    CHECK(plan->ports == 300);
}

TEST_CASE("a way is chosen by its transport; some phases need connections, or none") {
    const auto plan = plan_from({"--transport", "wss", "--ca", "ca.pem"});
    REQUIRE(plan);
    CHECK(plan->way.protocol == sip::Protocol::wss);
    CHECK(plan->way.authorities == "ca.pem");
    CHECK(plan_from({})->way.protocol == sip::Protocol::udp);
    CHECK_FALSE(plan_from({"--phase", "connect"}));
    CHECK(plan_from({"--phase", "connect", "--transport", "tls", "--ports", "5000"})->ports ==
          5000);
    CHECK_FALSE(plan_from({"--phase", "restart", "--transport", "tcp"}));
}

TEST_CASE("mailboxes and bindings are watched by their owners; what registers alone is unwatched") {
    CHECK(plan_from({})->event == Event::presence);
    CHECK_FALSE(plan_from({})->are_watchers_owners());
    const auto mailboxes = plan_from({"--event", "message-summary", "--fan-out", "3"});
    REQUIRE(mailboxes);
    CHECK(mailboxes->event == Event::message_summary);
    CHECK(mailboxes->are_watchers_owners());
    CHECK(mailboxes->watchers() == 3000);
    CHECK(plan_from({"--event", "reg"})->are_changes_numbered());
    CHECK(plan_from({"--event", "dialog"})->event == Event::dialog);
    CHECK_FALSE(plan_from({"--event", "dialog"})->are_watchers_owners());
    for (const char* phase : {"register", "message"}) {
        const auto devices = plan_from({"--phase", phase, "--presentities", "300"});
        REQUIRE(devices);
        CHECK(devices->event == Event::reg);
        CHECK(devices->watchers() == 0);
        CHECK(devices->ports == 300);
        CHECK_FALSE(devices->are_changes_numbered());
    }
    CHECK_FALSE(plan_from({"--event", "conference"}));
}

TEST_CASE("repeating requests takes the patience of Timer F") {
    CHECK(plan_from({"--retransmit"})->timeout == std::chrono::seconds(32));
    CHECK(plan_from({"--retransmit", "--timeout", "7"})->timeout == std::chrono::seconds(7));
}

TEST_CASE("two runs do not meet, unless they are told to") {
    CHECK(plan_from({})->prefix != plan_from({})->prefix);
    CHECK(plan_from({"--prefix", "x"})->prefix == "x");
}

TEST_CASE("a name without a password is a mistake") {
    CHECK_FALSE(plan_from({"--user", "bench"}));
    CHECK(plan_from({"--user", "bench", "--password", "x"})->user == "bench");
}

}  // namespace
}  // namespace herald::cli::bench::bench_plan_test
