// tests/conformance/transports_test.cpp: the stories once more, with everybody on TCP, TLS or
// WebSocket who is not said to speak something else.
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "base/log.h"
#include "tests/conformance/story_cases.h"
#include "tests/conformance/teller.h"

namespace herald::conformance {
namespace {

constexpr std::array kProtocols{sip::Protocol::tcp, sip::Protocol::tls, sip::Protocol::ws,
                                sip::Protocol::wss};

/// Fewer would mean that a change took stories from this test that it could tell.
constexpr int kLeastTold = 400;

struct Reason {
    std::string_view words;  ///< of a sentence, or of a line under one
    std::string_view why;
};
constexpr Reason kReasons[] = {
    {" repeats", "copies come by UDP only"},
    {" received it ", "copies come by UDP only"},
    {"the server restarts", "a connection ends with its server"},
    {"the server crashes", "a connection ends with its server"},
    {" is switched off", "ICMP errors are about UDP"},
    {" takes no connections", "nobody has to be connected to"},
    {" moves to ", "a connection stays where it is"},
    {" sends raw", "the messages are written out"},
    {"Via: SIP/2.0/", "the messages are written out"},
    {"@192.0.2.1:5060;gr>", "the messages are written out"},
    {"request-uri sip:bob@192.0.2.10:5060", "the messages are written out"},
    {"no Content-Length", "a stream needs it to tell messages apart"},
    {"Record-Route: ", "its proxies are reached by UDP"},
    {"Path: <", "its proxies are reached by UDP"},
    {" answers nothing", "what fails is tried by UDP too"},
    {" answers 503", "what fails is tried by UDP too"},
    {"sips:", "it is about what is secure"},
    {"secret: yes", "it is about what is secure"},
    {"over: ", "the story says who speaks what"},
    {"transport=", "the story says who speaks what"},
};

/// Why a story is about UDP, or about another way than the one its messages would come by; empty:
/// it is not.
std::string_view only_by_udp(const Story& story) {
    for (const Reason& reason : kReasons) {
        const auto has = [&](const std::string& line) {
            return line.find(reason.words) != std::string::npos;
        };
        const bool is_it =
            std::any_of(story.steps.begin(), story.steps.end(), [&](const Step& step) {
                return has(step.text) || std::any_of(step.block.begin(), step.block.end(), has);
            });
        if (is_it) return reason.why;
    }
    return {};
}

const int kRegistered = [] {
    base::log_level(base::LogLevel::off);
    return register_cases(
        [](const Story& story) { return only_by_udp(story).empty(); },
        [] {
            for (const auto* story : current_stories()) {
                for (const auto protocol : kProtocols) {
                    const auto mismatch =
                        Teller(*story, {.make = InProcess::maker(protocol), .protocol = protocol})
                            .tell();
                    if (!mismatch) continue;
                    report(*story, *mismatch,
                           "over " + std::string(sip::uri_name(protocol)) + ": ");
                    break;
                }
                CHECK(true);
            }
        });
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
