// tests/conformance/story_cases.h: every story a test case of its own, at its place in its file.
#pragma once

#include <optional>
#include <vector>

#include "tests/conformance/story.h"
#include "tests/conformance/teller.h"

namespace herald::conformance {

/// Those of tests/conformance, or why they cannot be read.
const Result<std::vector<Story>>& stories();

/// Makes a doctest case of each of stories() that `is_wanted`; it runs `tell`. Returns how many.
/// Call it before main().
int register_cases(bool (*is_wanted)(const Story&), void (*tell)());

/// The stories of the test case under way: doctest hands no arguments to a test.
std::vector<const Story*> current_stories();

/// Fails the test case under way at the step where story and server parted, if they did.
void report(const Story& story, const std::optional<Mismatch>& mismatch);
/// Likewise, with `words` before what is wrong.
void report(const Story& story, const Mismatch& mismatch, const std::string& words);

}  // namespace herald::conformance
