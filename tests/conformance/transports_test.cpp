// tests/conformance/transports_test.cpp: the stories once more, with everybody on TCP, TLS or
// WebSocket who is not said to speak something else.
#include <array>
#include <cstdio>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "base/log.h"
#include "tests/conformance/story_cases.h"
#include "tests/conformance/story_ways.h"
#include "tests/conformance/teller.h"
#include "tests/support/thorough.h"

namespace herald::conformance {
namespace {

constexpr std::array kProtocols{sip::Protocol::tcp, sip::Protocol::tls, sip::Protocol::ws,
                                sip::Protocol::wss};

/// Fewer would mean that a change took stories from this test that it could tell.
constexpr int kLeastTold = 400;

bool is_told_over(const Story& story, sip::Protocol protocol) {
    const auto mismatch =
        Teller(story, {.make = InProcess::maker(protocol), .protocol = protocol}).tell();
    if (mismatch) report(story, *mismatch, "over " + std::string(sip::uri_name(protocol)) + ": ");
    return !mismatch;
}

/// HERALD_THOROUGH=1: over every transport. Else over one of them, each story over the next: most
/// of what stories are about lies above the transports. Which story meets which of them follows
/// from the order of the stories alone.
void tell_current() {
    static std::size_t next = 0;
    for (const auto* story : current_stories()) {
        const auto count = testing::is_thorough() ? kProtocols.size() : 1;
        for (std::size_t told = 0; told < count; ++told) {
            if (!is_told_over(*story, kProtocols[next++ % kProtocols.size()])) break;
        }
        CHECK(true);
    }
}

const int kRegistered = [] {
    base::log_level(base::LogLevel::off);
    return register_cases([](const Story& story) { return only_by_udp(story).empty(); },
                          tell_current);
}();

}  // namespace

TEST_CASE("most stories are told over every transport") {
    REQUIRE_MESSAGE(stories().has_value(), stories().fault().detail);
    std::map<std::string_view, int> skipped;
    for (const auto& story : *stories()) ++skipped[only_by_udp(story)];
    for (const auto& [reason, count] : skipped) {
        if (!reason.empty())
            std::printf("%d are not, because %.*s\n", count, static_cast<int>(reason.size()),
                        reason.data());
    }
    CHECK(kRegistered >= kLeastTold);
}

}  // namespace herald::conformance
