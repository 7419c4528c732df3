// server/core/publication_source.h: names of publications: which one, and what requests made it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace herald::server {

/// Publication::source of one that is made by the request of `mark`; `earlier` is that of the one
/// it replaces, empty for none. It names those requests: a late copy of one of them makes nothing.
std::string source_made_by(std::uint64_t id, std::uint64_t mark, std::string_view earlier);
/// The marks that a source names.
std::vector<std::uint64_t> makers_of(std::string_view source);
/// Tells of many sources whether the request of `mark` is one of their makers.
class Maker {
public:
    explicit Maker(std::uint64_t mark);
    bool made(std::string_view source) const;

private:
    std::string text_;
};

}  // namespace herald::server
