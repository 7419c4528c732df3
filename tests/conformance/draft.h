// tests/conformance/draft.h: a message as a story builds it, before it is text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace herald::conformance {

/// Start line, header lines in order, body. Nothing is checked: stories send nonsense too.
struct Draft {
    using Line = std::pair<std::string, std::string>;

    std::string start_line;
    std::vector<Line> headers;
    std::string body;

    bool has(std::string_view name) const;
    void add(std::string_view name, std::string_view value);
    /// The only one of that name from now on, in the place of the first.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    std::string_view value(std::string_view name) const;  ///< of the first; empty: none

    /// Applies the lines under a step: `Name: value` (takes the place of all of that name there
    /// were before), `no Name`, and, after an empty line, the body. Faults: malformed.
    Status apply(const std::vector<std::string>& block);
    /// With a Content-Type guessed where a body has none, and Content-Length unless `no
    /// Content-Length` was asked for.
    std::string text() const;

private:
    std::vector<std::string> unwanted_;
    bool is_unwanted(std::string_view name) const;
};

/// Lines with LF between them.
std::string joined(const std::vector<std::string>& lines, std::size_t from = 0);

}  // namespace herald::conformance
