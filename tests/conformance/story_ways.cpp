// tests/conformance/story_ways.cpp: which stories can be told with everybody on a stream.
#include "tests/conformance/story_ways.h"

#include <algorithm>
#include <string>

namespace herald::conformance {

namespace {

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
    {"Content-Length: 10", "a stream waits for the rest"},
    {"Record-Route: ", "its proxies are reached by UDP"},
    {"Path: <", "its proxies are reached by UDP"},
    {" answers nothing", "what fails is tried by UDP too"},
    {" answers 503", "what fails is tried by UDP too"},
    {"sips:", "it is about what is secure"},
    {"secret: yes", "it is about what is secure"},
    {"over: ", "the story says who speaks what"},
    {"transport=", "the story says who speaks what"},
};

}  // namespace

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

}  // namespace herald::conformance
