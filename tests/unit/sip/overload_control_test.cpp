// tests/unit/sip/overload_control_test.cpp: what the hop before us is told of our load.
#include "sip/overload_control.h"

#include <doctest/doctest.h>

namespace herald::sip::overload_control_test {

using namespace std::chrono_literals;

TEST_CASE("RFC 7339 4.2: a report is for who asks, by the algorithm that both know") {
    CHECK(asks_for_report("SIP/2.0/UDP p;branch=z9hG4bK1;oc;oc-algo=\"loss\""));
    CHECK(asks_for_report("SIP/2.0/UDP p;OC;oc-algo=\"A, Loss\";branch=z9hG4bK1"));
    CHECK(asks_for_report("SIP/2.0/UDP p;oc;oc-algo=loss"));
    CHECK_FALSE(asks_for_report("SIP/2.0/UDP p;branch=z9hG4bK1"));
    CHECK_FALSE(asks_for_report("SIP/2.0/UDP p;oc"));
    CHECK_FALSE(asks_for_report("SIP/2.0/UDP p;oc;oc-algo=\"rate\""));
    CHECK_FALSE(asks_for_report("SIP/2.0/UDP p;oc=20;oc-algo=\"loss\""));
    CHECK_FALSE(asks_for_report(""));
}

TEST_CASE("RFC 7339 4.3: a report takes the place of the question") {
    const OverloadReport report{.percent = 30, .validity = 500ms, .sequence = "1282321615.782"};
    const auto via = with_report(
        "SIP/2.0/TCP p:5060;branch=z9hG4bK1;oc;oc-algo=\"loss,A\";rport=5;received=192.0.2.1",
        report);
    CHECK(via ==
          "SIP/2.0/TCP p:5060;branch=z9hG4bK1;rport=5;received=192.0.2.1;oc=30;oc-algo=\"loss\";"
          "oc-validity=500;oc-seq=1282321615.782");
    const auto read = read_report(via);
    REQUIRE(read);
    CHECK(read->percent == 30);
    CHECK(read->validity == 500ms);
    CHECK(read->sequence == "1282321615.782");
}

TEST_CASE(
    "RFC 7339 4.3, 5.3: reports that mean nothing are none; validity is 500 ms where unsaid") {
    CHECK_FALSE(read_report("SIP/2.0/UDP p;oc;oc-algo=\"loss\""));
    CHECK_FALSE(read_report("SIP/2.0/UDP p;oc=101;oc-algo=\"loss\""));
    CHECK_FALSE(read_report("SIP/2.0/UDP p;oc=-1;oc-algo=\"loss\""));
    CHECK_FALSE(read_report("SIP/2.0/UDP p;oc=20"));
    CHECK_FALSE(read_report("SIP/2.0/UDP p;oc=20;oc-algo=\"rate\""));
    CHECK(read_report("SIP/2.0/UDP p;oc=20;oc-algo=\"loss\"")->validity == 500ms);
    CHECK(read_report("SIP/2.0/UDP p;oc=20;oc-algo=\"loss\";oc-validity=99999999")->validity ==
          60s);
}

TEST_CASE("RFC 7339 5.1: what is to be held back rises while input is behind, and falls again") {
    base::ManualClock clock;
    OverloadMeter meter(clock);
    const auto percent = [&](Load load) {
        clock.advance(100ms);
        return meter.report(load).percent;
    };
    const auto healthy = meter.report(Load::normal);
    CHECK(healthy.percent == 0);
    CHECK(healthy.validity == 0ms);
    CHECK(percent(Load::high) == 10);
    CHECK(percent(Load::extreme) == 40);
    CHECK(meter.report(Load::extreme).percent == 40);
    for (int i = 0; i < 10; ++i) percent(Load::extreme);
    CHECK(meter.report(Load::extreme).percent == 90);
    CHECK(meter.report(Load::extreme).validity == 500ms);
    CHECK(percent(Load::normal) == 80);
    for (int i = 0; i < 10; ++i) percent(Load::normal);
    CHECK(meter.report(Load::normal).percent == 0);
}

TEST_CASE("RFC 7339 4.4: what is said later has the higher number") {
    base::ManualClock clock;
    OverloadMeter meter(clock);
    const double first = std::stod(meter.report(Load::normal).sequence);
    clock.advance(7ms);
    CHECK(std::stod(meter.report(Load::normal).sequence) > first);
}

}  // namespace herald::sip::overload_control_test
