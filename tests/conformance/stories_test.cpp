// tests/conformance/stories_test.cpp: every story is a test; each is told again once per commit,
// with that commit failing; and the page about them is up to date.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/log.h"
#include "tests/conformance/teller.h"

namespace herald::conformance {
namespace {

const std::string kSource = HERALD_SOURCE_DIR;
const std::string kPage = kSource + "/docs/conformance.md";
constexpr const char* kMark = "<!-- stories -->\n";

const Result<std::vector<Story>>& stories() {
    static const auto kStories = read_stories(kSource + "/tests/conformance");
    return kStories;
}

/// Absolute, for messages that an editor can follow.
const char* path_of(const Story& story) {
    static std::map<std::string, std::string> paths;
    return paths.try_emplace(story.file, kSource + "/tests/conformance/" + story.file)
        .first->second.c_str();
}

/// The story under test is known by its place: doctest hands no arguments to a test.
void tell_current() {
    const auto& current = *doctest::getContextOptions()->currentTest;
    for (const auto& story : *stories()) {
        if (story.line != current.m_line || story.headline != current.m_name) continue;
        const auto mismatch = Teller(story).tell();
        if (mismatch) {
            ADD_FAIL_CHECK_AT(path_of(story), static_cast<int>(mismatch->line), mismatch->text);
        }
        CHECK_FALSE(mismatch.has_value());
    }
}

/// Each story becomes a test case of its own, at its place in its file.
const int kRegistered = [] {
    base::log_level(base::LogLevel::off);
    if (!stories()) return 0;
    int registered = 0;
    for (const auto& story : *stories()) {
        doctest::detail::regTest(doctest::detail::TestCase(tell_current, path_of(story), story.line,
                                                           doctest::detail::TestSuite()) *
                                 story.headline.c_str());
        ++registered;
    }
    return registered;
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

/// Of stories told for each of several values the first one stands for all.
const std::vector<Committing>& committing_stories() {
    static const auto kCommitting = [] {
        std::vector<Committing> all;
        const Story* previous = nullptr;
        for (const auto& story : *stories()) {
            const bool is_variant =
                previous && previous->file == story.file && previous->line == story.line;
            previous = &story;
            if (is_variant || has_store_of_its_own(story)) continue;
            Teller teller(story);
            const bool fails_anyway = teller.tell().has_value();
            if (!fails_anyway) all.push_back({&story, teller.commits()});
        }
        return all;
    }();
    return kCommitting;
}

void tell_once_per_commit(const FailedCommit& failed) {
    for (const auto& [story, commits] : committing_stories()) {
        for (std::uint64_t commit = 1; commit <= commits; ++commit) {
            const auto mismatch =
                Teller(*story, {commit, failed.outcome, failed.is_applied}).tell();
            if (!mismatch) continue;
            ADD_FAIL_CHECK_AT(path_of(*story), static_cast<int>(mismatch->line), "commit ", commit,
                              " ", failed.name, ": ", mismatch->text);
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
    tell_once_per_commit({"not applied", store::Outcome::unavailable, false});
}

TEST_CASE("a commit of unknown outcome is not answered, and nothing leaks") {
    tell_once_per_commit({"unknown", store::Outcome::unknown, false});
    tell_once_per_commit({"unknown but applied", store::Outcome::unknown, true});
}

TEST_CASE("docs/conformance.md lists these stories (HERALD_UPDATE_DOCS=1 writes it)") {
    std::stringstream text;
    text << std::ifstream(kPage).rdbuf();
    const auto page = text.str();
    const auto mark = page.find(kMark);
    REQUIRE(mark != std::string::npos);
    const auto wanted = page.substr(0, mark) + kMark + describe(*stories());
    if (std::getenv("HERALD_UPDATE_DOCS")) std::ofstream(kPage) << wanted;
    CHECK_MESSAGE((page == wanted || std::getenv("HERALD_UPDATE_DOCS")),
                  "run HERALD_UPDATE_DOCS=1 build/.../conformance");
}

}  // namespace herald::conformance
