// http/file_paths.h: paths by which phones ask for their configuration, and parts of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace herald::http {

/// What a path says of the device it is for; each empty where it does not.
struct PathFacts {
    std::string mac;  ///< twelve hex digits, lower case
    std::string vendor, model;
    std::string file;  ///< of the profile; empty: its body
};

/// `/{mac}.cfg`, `/{vendor}/{model}/{mac}-{file}`: what stands in {} is any text without a slash,
/// `mac` a MAC address with or without colons or hyphens.
class PathPattern {
public:
    explicit PathPattern(std::string text) : text_(std::move(text)) {}

    /// nullopt: the path is another.
    std::optional<PathFacts> match(std::string_view path) const;

private:
    std::string text_;
};

/// Whether a path can be what it seems to be: no escapes, no dots that lead upward, no empty
/// segments, nothing but printable ASCII.
bool is_honest_path(std::string_view path) noexcept;

/// Bytes `first` to `last` of something, both included (RFC 9110 14.1.2).
struct ByteRange {
    std::size_t first = 0, last = 0;
};
/// The one range that a Range header asks for of `size` bytes. nullopt: the whole is to be sent, as
/// for several ranges and other units. Faults: malformed (416: none of it is there).
Result<std::optional<ByteRange>> range_of(std::string_view header, std::size_t size);

}  // namespace herald::http
