// tests/conformance/story_cases.cpp: every story a test case of its own, at its place in its file.
#include "tests/conformance/story_cases.h"

#include <map>

#include <doctest/doctest.h>

#include "tests/support/places.h"

namespace herald::conformance {

namespace {

/// The order of initialisation is nobody's promise: cases are registered before main().
const std::string& folder() {
    static const auto kFolder = testing::in_clone("tests/conformance");
    return kFolder;
}

/// Absolute, for messages that an editor can follow.
const char* path_of(const Story& story) {
    static std::map<std::string, std::string> paths;
    return paths.try_emplace(story.file, folder() + "/" + story.file).first->second.c_str();
}

}  // namespace

const Result<std::vector<Story>>& stories() {
    static const auto kStories = read_stories(folder());
    return kStories;
}

int register_cases(bool (*is_wanted)(const Story&), void (*tell)()) {
    if (!stories()) return 0;
    int registered = 0;
    for (const auto& story : *stories()) {
        if (!is_wanted(story)) continue;
        doctest::detail::regTest(doctest::detail::TestCase(tell, path_of(story), story.line,
                                                           doctest::detail::TestSuite()) *
                                 story.headline.c_str());
        ++registered;
    }
    return registered;
}

std::vector<const Story*> current_stories() {
    const auto& current = *doctest::getContextOptions()->currentTest;
    std::vector<const Story*> found;
    for (const auto& story : *stories()) {
        if (story.line == current.m_line && story.headline == current.m_name) {
            found.push_back(&story);
        }
    }
    return found;
}

void report(const Story& story, const std::optional<Mismatch>& mismatch) {
    if (mismatch) report(story, *mismatch, "");
    CHECK_FALSE(mismatch.has_value());
}

void report(const Story& story, const Mismatch& mismatch, const std::string& words) {
    ADD_FAIL_CHECK_AT(path_of(story), static_cast<int>(mismatch.line), words, mismatch.text);
}

}  // namespace herald::conformance
