// tests/conformance/story.h: stories as they are written: who sends what, who receives what.
//
//   # RFC 6665 4.2.1.1: a story begins with its headline
//   -- a remark
//   Bob sends SUBSCRIBE sip:alice@localhost
//       Event: presence
//   Bob receives 200
//
// `each status: 404 481` under a headline makes one story of each, with `{status}` filled in.
// Steps before the first headline open every story of the file. What a step may say is the table in
// teller.cpp; docs/conformance.md explains it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::conformance {

/// One sentence, and the indented lines under it (without their indent).
struct Step {
    unsigned line = 0;
    std::string text;
    std::vector<std::string> block;
};

struct Story {
    std::string file;      ///< name without folder
    unsigned line = 0;     ///< of the headline
    std::string headline;  ///< "RFC 6665 4.2.1.1: a story begins with its headline"
    std::vector<Step> steps;

    /// "RFC 6665 4.2.1.1"
    std::string_view section() const;
    /// What stands after the section.
    std::string_view claim() const;
};

/// The stories of one file. Faults: malformed, with the line.
Result<std::vector<Story>> parse_stories(std::string_view file, std::string_view text);

/// All of `folder`'s *.story files, by file name. Faults: io, malformed.
Result<std::vector<Story>> read_stories(const std::string& folder);

/// The page that lists every story by section (docs/conformance.md), with a mark on those that
/// `is_told_live`.
std::string describe(const std::vector<Story>& stories, bool (*is_told_live)(const Story&));

}  // namespace herald::conformance
