// server/core/publication_source.cpp: names of publications: "p17.3f00c0ffee00d00d" is number 17,
// made by the request of that mark.
#include "server/core/publication_source.h"

#include <charconv>

#include "base/text.h"

namespace herald::server {

namespace {

/// Publications that replaced each other, as far back as copies are looked for.
constexpr std::size_t kMostMakers = 4;

std::string text_of(std::uint64_t mark) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(".");
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[mark >> shift & 15];
    return text;
}

}  // namespace

Maker::Maker(std::uint64_t mark) : text_(text_of(mark)) {}

bool Maker::made(std::string_view source) const {
    return source.find(text_) != std::string_view::npos;
}

std::string source_made_by(std::uint64_t id, std::uint64_t mark, std::string_view earlier) {
    std::string source = "p" + std::to_string(id) + text_of(mark);
    const auto makers = makers_of(earlier);
    for (std::size_t i = 0; i < makers.size() && i + 1 < kMostMakers; ++i)
        source += text_of(makers[i]);
    return source;
}

std::vector<std::uint64_t> makers_of(std::string_view source) {
    std::vector<std::uint64_t> makers;
    auto rest = base::split_once(source, '.');
    while (rest.found) {
        rest = base::split_once(rest.after, '.');
        std::uint64_t mark = 0;
        const auto text = rest.before;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), mark, 16);
        if (read.ec == std::errc()) makers.push_back(mark);
    }
    return makers;
}

}  // namespace herald::server
