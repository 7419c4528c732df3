// tests/conformance/stories_test.cpp: every story is a test; each is told again once per commit,
// with that commit failing; and the page about them is up to date.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/log.h"
#include "tests/conformance/live.h"
#include "tests/conformance/story_cases.h"
#include "tests/conformance/teller.h"
#include "tests/support/places.h"
#include "tests/support/thorough.h"

namespace herald::conformance {
namespace {

const std::string kPage = testing::in_clone("docs/conformance.md");
constexpr const char* kMark = "<!-- stories -->\n";

void tell_current() {
    for (const auto* story : current_stories()) report(*story, Teller(*story).tell());
}

const int kRegistered = [] {
    base::log_level(base::LogLevel::off);
    return register_cases([](const Story&) { return true; }, tell_current);
}();

struct FailedCommit {
    std::string name;
    store::Outcome outcome;
    bool is_applied;
};

/// What its store does is part of the story.
bool has_store_of_its_own(const Story& story) {
    return std::any_of(story.steps.begin(), story.steps.end(),
                       [](const Step& step) { return step.text.starts_with("the store "); });
}

/// A story whose commits are worth failing, with their number.
struct Committing {
    const Story* story;
    std::uint64_t commits;
};

constexpr std::size_t kWays = 3;  ///< in which a commit fails

/// HERALD_THOROUGH=1: every story is told with failing commits. Else every third one.
bool is_in_sample(std::size_t story) {
    return testing::is_thorough() || story % kWays == 0;
}

/// HERALD_THOROUGH=1: every commit fails in every way. Else one of each story does in one of them,
/// which is what the time of a daily run allows.
bool is_chosen(std::size_t story, std::uint64_t commit, std::uint64_t commits, unsigned way) {
    return testing::is_thorough() ||
           (story % kWays == way && commit == 1 + story / kWays % commits);
}

/// Of stories told for each of several values the first one stands for all.
const std::vector<Committing>& committing_stories() {
    static const auto kCommitting = [] {
        std::vector<Committing> all;
        const Story* previous = nullptr;
        std::size_t number = 0;
        for (const auto& story : *stories()) {
            const bool is_variant =
                previous && previous->file == story.file && previous->line == story.line;
            previous = &story;
            if (is_variant || has_store_of_its_own(story) || !is_in_sample(number++)) continue;
            Teller teller(story);
            const bool fails_anyway = teller.tell().has_value();
            if (!fails_anyway) all.push_back({&story, teller.commits()});
        }
        return all;
    }();
    return kCommitting;
}

void tell_once_per_commit(const FailedCommit& failed, unsigned way) {
    std::size_t number = 0;
    for (const auto& [story, commits] : committing_stories()) {
        ++number;
        for (std::uint64_t commit = 1; commit <= commits; ++commit) {
            if (!is_chosen(number, commit, commits, way)) continue;
            const auto mismatch =
                Teller(*story, {commit, failed.outcome, failed.is_applied}).tell();
            if (!mismatch) continue;
            report(*story, *mismatch,
                   "commit " + std::to_string(commit) + " " + failed.name + ": ");
        }
    }
}

}  // namespace

TEST_CASE("the story files can be read") {
    REQUIRE_MESSAGE(stories().has_value(), stories().fault().detail);
    CHECK(kRegistered > 0);
    CHECK(stories()->size() == static_cast<std::size_t>(kRegistered));
}

TEST_CASE("a commit that was not applied is answered 503, and nothing leaks") {
    tell_once_per_commit({"not applied", store::Outcome::unavailable, false}, 0);
}

TEST_CASE("a commit of unknown outcome is not answered, and nothing leaks") {
    tell_once_per_commit({"unknown", store::Outcome::unknown, false}, 1);
    tell_once_per_commit({"unknown but applied", store::Outcome::unknown, true}, 2);
}

TEST_CASE("docs/conformance.md lists these stories (HERALD_UPDATE_DOCS=1 writes it)") {
    std::stringstream text;
    text << std::ifstream(kPage).rdbuf();
    const auto page = text.str();
    const auto mark = page.find(kMark);
    REQUIRE(mark != std::string::npos);
    const auto wanted = page.substr(0, mark) + kMark + describe(*stories(), [](const Story& story) {
                            return only_in_process(story).empty();
                        });
    if (std::getenv("HERALD_UPDATE_DOCS")) std::ofstream(kPage) << wanted;
    CHECK_MESSAGE((page == wanted || std::getenv("HERALD_UPDATE_DOCS")),
                  "run HERALD_UPDATE_DOCS=1 build/.../conformance");
}

}  // namespace herald::conformance
