// tests/conformance/live_stories.cpp: which stories can be told to a real server, and how they are
// moved to its address.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "tests/conformance/live.h"
#include "tests/conformance/pattern.h"

namespace herald::conformance {

namespace {

/// Real time a story may take on top of what its messages take.
constexpr std::uint64_t kMostWaitingMs = 2000;

bool any_step(const Story& story, std::string_view pattern) {
    return std::any_of(story.steps.begin(), story.steps.end(), [&](const Step& step) {
        Names words;
        return matches(pattern, step.text, words);
    });
}

bool any_line(const Story& story, std::string_view start) {
    return std::any_of(story.steps.begin(), story.steps.end(), [&](const Step& step) {
        return std::any_of(step.block.begin(), step.block.end(),
                           [&](const std::string& line) { return line.starts_with(start); });
    });
}

std::uint64_t waiting_ms(const Step& step) {
    constexpr std::array<std::pair<std::string_view, unsigned>, 5> kWaits{{
        {"after {n} s", 1000},
        {"after {n} ms", 1},
        {"within {n} s {who} receives {what}", 1000},
        {"the server restarts after {n} s", 1000},
        {"the server crashes for {n} s", 1000},
    }};
    for (const auto& [pattern, unit] : kWaits) {
        Names words;
        if (matches(pattern, step.text, words)) return base::to_u64(words["n"]).value_or(0) * unit;
    }
    return 0;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

/// "127.3.4." -> "127.3.5."
std::string neighbour_of(std::string_view network) {
    auto rest = network.substr(0, network.size() - 1);
    const auto dot = rest.rfind('.');
    const auto last = base::to_u64(rest.substr(dot + 1)).value_or(0);
    return std::string(rest.substr(0, dot + 1)) + std::to_string(last ^ 1) + ".";
}

}  // namespace

std::string_view only_in_process(const Story& story) {
    if (any_step(story, "the store *")) return "the store fails";
    if (any_step(story, "* more comes than the server reads") ||
        any_step(story, "more comes than the server reads")) {
        return "the server falls behind";
    }
    if (any_step(story, "the clock is set *")) return "the machine's clock is not the teller's";
    if (any_step(story, "{who} is switched off")) return "ICMP errors come when the story says";
    std::uint64_t waiting = 0;
    for (const auto& step : story.steps) waiting += waiting_ms(step);
    if (waiting > kMostWaitingMs) return "more than 2 s pass";
    if (any_step(story, "config subscribe.per_watcher = *")) {
        return "each shard counts the subscriptions of a watcher for itself";
    }
    if (any_step(story, "config subscribe.per_source = *")) {
        return "all devices of the teller share one address";
    }
    if (any_line(story, "member ")) {
        return "a group hears of its members some time after the operator's answer";
    }
    if (any_line(story, "{wants_")) {
        return "two shards send the answer and the notification, in any order";
    }
    const bool has_presence_set = any_step(story, "an operator sets presence of *");
    if (has_presence_set && any_step(story, "{who} sends PUBLISH *")) {
        return "hard state beneath soft state, which HTTP cannot set for presence";
    }
    return {};
}

Story relocated(Story story, std::string_view network) {
    const auto elsewhere = neighbour_of(network);
    const auto move = [&](std::string& text) {
        replace_all(text, kNetwork, network);
        replace_all(text, kOtherNetwork, elsewhere);
    };
    for (auto& step : story.steps) {
        move(step.text);
        std::for_each(step.block.begin(), step.block.end(), move);
    }
    return story;
}

}  // namespace herald::conformance
