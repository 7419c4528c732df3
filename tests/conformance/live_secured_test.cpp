// tests/conformance/live_secured_test.cpp: the stories told to a real server with everybody on TLS
// who is not said to speak something else.
#include <cstdio>

#include <doctest/doctest.h>

#include "base/log.h"
#include "tests/conformance/live.h"
#include "tests/conformance/story_cases.h"
#include "tests/conformance/story_ways.h"
#include "tests/conformance/teller.h"
#include "tests/support/places.h"
#include "tests/support/thorough.h"

namespace herald::conformance {
namespace {

/// Fewer would mean that a change took stories from this test that it could tell.
constexpr int kLeastTold = 150;
/// Of so many one is told every day, all with HERALD_THOROUGH=1.
constexpr int kDaily = 8;

bool can_be_told(const Story& story) {
    return only_in_process(story).empty() && only_by_udp(story).empty();
}

bool is_chosen(const Story& story) {
    static int told = 0;
    return can_be_told(story) && (told++ % kDaily == 0 || testing::is_thorough());
}

void tell_secured() {
    for (const auto* story : current_stories()) {
        const auto network = claim_network();
        REQUIRE_MESSAGE(network.has_value(), network.fault().detail);
        const auto moved = relocated(*story, *network);
        Teller teller(moved,
                      {.make = Live::maker(testing::herald_binary(), *network, Live::Security::tls),
                       .network = *network,
                       .protocol = sip::Protocol::tls});
        const auto mismatch = teller.tell();
        if (mismatch) report(*story, *mismatch, "over tls: ");
        CHECK(true);
    }
}

const int kTold = [] {
    base::log_level(base::LogLevel::off);
    return register_cases(is_chosen, tell_secured);
}();

}  // namespace

TEST_CASE("most stories are told to a real server over TLS") {
    REQUIRE_MESSAGE(stories().has_value(), stories().fault().detail);
    int possible = 0;
    for (const auto& story : *stories()) possible += can_be_told(story) ? 1 : 0;
    std::printf("%d stories of %zu can be told live over TLS, %d are\n", possible,
                stories()->size(), kTold);
    CHECK(possible >= kLeastTold);
}

}  // namespace herald::conformance
