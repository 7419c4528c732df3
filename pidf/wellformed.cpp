// pidf/wellformed.cpp: what XML 1.0 forbids and the parser behind xml.cpp lets pass.
#include "pidf/wellformed.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace herald::pidf::xml {
namespace {

constexpr bool is_white(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// XML 1.0 2.2, Char.
constexpr bool is_char(std::uint32_t c) noexcept {
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c < 0x110000);
}

/// XML 1.0 2.3, NameStartChar beyond ASCII.
constexpr bool is_name_start_beyond_ascii(std::uint32_t c) noexcept {
    constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 12> kRanges{{
        {0xC0, 0xD6},
        {0xD8, 0xF6},
        {0xF8, 0x2FF},
        {0x370, 0x37D},
        {0x37F, 0x1FFF},
        {0x200C, 0x200D},
        {0x2070, 0x218F},
        {0x2C00, 0x2FEF},
        {0x3001, 0xD7FF},
        {0xF900, 0xFDCF},
        {0xFDF0, 0xFFFD},
        {0x10000, 0xEFFFF},
    }};
    return std::any_of(kRanges.begin(), kRanges.end(),
                       [c](const auto& range) { return c >= range.first && c <= range.second; });
}

constexpr bool is_name_beyond_ascii(std::uint32_t c) noexcept {
    return c == 0xB7 || (c >= 0x300 && c <= 0x36F) || c == 0x203F || c == 0x2040 ||
           is_name_start_beyond_ascii(c);
}

/// Takes one character off well-formed UTF-8.
std::uint32_t next_code_point(std::string_view& text) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    constexpr std::array<unsigned char, 5> kLeadBits{0, 0x7F, 0x1F, 0x0F, 0x07};
    std::uint32_t c = lead & kLeadBits[size];
    for (std::size_t i = 1; i < size && i < text.size(); ++i) {
        c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    text.remove_prefix(std::min(size, text.size()));
    return c;
}

/// Eight bytes at `from`, each of them ASCII and no control character.
bool are_plain(const char* from) noexcept {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    std::uint64_t eight = 0;
    std::memcpy(&eight, from, sizeof eight);
    // A byte below 0x20 borrows from its highest bit.
    return ((eight | (eight - kEach * 0x20)) & kEach * 0x80) == 0;
}

std::optional<Flaw> find_bad_byte(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        while (text.size() - at > 8 && are_plain(text.data() + at)) at += 8;
        const auto c = static_cast<unsigned char>(text[at]);
        if (!is_char(c) && c < 0x80) return Flaw{at, "a control character"};
        // U+FFFE and U+FFFF: the only characters UTF-8 allows and XML does not, beyond ASCII.
        if (c == 0xEF && text.size() - at > 2 && text[at + 1] == '\xBF' &&
            static_cast<unsigned char>(text[at + 2]) >= 0xBE) {
            return Flaw{at, "a character XML does not allow"};
        }
    }
    if (base::is_utf8(text)) return std::nullopt;
    // A line feed never lies inside a character, so the flawed line can be found by lines.
    std::size_t line = 0;
    while (true) {
        const std::size_t end = std::min(text.find('\n', line), text.size());
        if (!base::is_utf8(text.substr(line, end - line)) || end == text.size()) {
            return Flaw{line, "not UTF-8"};
        }
        line = end + 1;
    }
}

/// Bytes of the character `text` begins with; 0 where it is none XML allows.
std::size_t character_size(std::string_view text) noexcept {
    for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
        std::string_view one = text.substr(0, size);
        if (base::is_utf8(one)) return is_char(next_code_point(one)) ? size : 0;
    }
    return 0;
}

using Bytes = std::array<bool, 256>;
constexpr Bytes bytes_in(std::string_view which) noexcept {
    Bytes bytes{};
    for (const char c : which) bytes[static_cast<unsigned char>(c)] = true;
    return bytes;
}
constexpr bool is_in(const Bytes& bytes, char c) noexcept {
    return bytes[static_cast<unsigned char>(c)];
}

/// What means something within a tag.
constexpr Bytes kTagMarks = bytes_in("<>\"'");
constexpr Bytes kAsciiName =
    bytes_in("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

class Scan {
public:
    Scan(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

    std::optional<Flaw> run() {
        declaration();
        while (!flaw_ && at_ < text_.size()) {
            if (text_[at_] == '<') {
                markup();
            } else {
                character_data();
            }
        }
        if (!flaw_ && depth_ > 0) fail(text_.size(), "an element is not closed");
        if (!flaw_ && !root_seen_) fail(text_.size(), "no element");
        return std::move(flaw_);
    }

private:
    void fail(std::size_t at, std::string why) {
        flaw_ = Flaw{at, std::move(why)};
        at_ = text_.size();
    }
    bool starts_with(std::string_view what) const noexcept {
        return text_.substr(at_).starts_with(what);
    }

    /// Another encoding than UTF-8 is forgiven where all bytes are ASCII: then it makes no
    /// difference.
    void declaration() {
        if (!starts_with("<?xml") || text_.size() < 6 || !is_white(text_[5])) return;
        const std::size_t end = text_.find("?>");
        if (end == std::string_view::npos) return fail(0, "the XML declaration does not end");
        std::string_view inside = text_.substr(0, end);
        if (const std::size_t key = inside.find("encoding"); key != std::string_view::npos) {
            inside = base::trim(inside.substr(key + 8));
            if (inside.starts_with('=')) inside = base::trim(inside.substr(1));
            const std::size_t close =
                inside.empty() ? std::string_view::npos : inside.find(inside[0], 1);
            if (close == std::string_view::npos) return fail(key, "the encoding has no value");
            const std::string_view name = inside.substr(1, close - 1);
            const bool is_utf8_name = base::iequals(name, "utf-8") || base::iequals(name, "utf8");
            const bool is_ascii =
                std::none_of(text_.begin(), text_.end(), [](char c) { return (c & 0x80) != 0; });
            if (!is_utf8_name && !is_ascii) return fail(key, "an encoding other than UTF-8");
        }
        at_ = end + 2;
    }

    void skip_past(std::string_view opening, std::string_view closing, const char* why) {
        const std::size_t end = text_.find(closing, at_ + opening.size());
        if (end == std::string_view::npos) return fail(at_, why);
        at_ = end + closing.size();
    }

    void markup() {
        if (starts_with("<!--")) return skip_past("<!--", "-->", "a comment does not end");
        if (starts_with("<![CDATA[")) {
            if (depth_ == 0) return fail(at_, "text outside the root element");
            return skip_past("<![CDATA[", "]]>", "a CDATA section does not end");
        }
        if (starts_with("<!")) return fail(at_, "document type declarations are not accepted");
        if (starts_with("<?")) return instruction();
        if (starts_with("</")) return end_tag();
        start_tag();
    }

    void instruction() {
        const bool is_declaration = base::istarts_with(text_.substr(at_ + 2), "xml") &&
                                    at_ + 5 < text_.size() &&
                                    (is_white(text_[at_ + 5]) || text_[at_ + 5] == '?');
        if (is_declaration) return fail(at_, "the XML declaration is not at the start");
        skip_past("<?", "?>", "a processing instruction does not end");
    }

    void end_tag() {
        if (depth_ == 0) return fail(at_, "an end tag without its start");
        const std::size_t end = text_.find('>', at_);
        if (end == std::string_view::npos) return fail(at_, "a tag does not end");
        --depth_;
        at_ = end + 1;
    }

    void start_tag() {
        const std::size_t start = at_;
        if (depth_ == 0 && root_seen_) return fail(start, "a second root element");
        root_seen_ = true;
        if (++depth_ > limits_.depth) {
            return fail(start, "nested more than " + std::to_string(limits_.depth) + " deep");
        }
        if (++elements_ > limits_.elements) {
            return fail(start, "more than " + std::to_string(limits_.elements) + " elements");
        }
        std::size_t in_element = 0;
        for (++at_; find_tag_mark(); ++at_) {
            const char c = text_[at_];
            if (c == '>') {
                if (text_[at_ - 1] == '/') --depth_;
                ++at_;
                return;
            }
            if (c == '<') return fail(at_, "a tag inside a tag");
            if (++in_element > limits_.attributes_per_element ||
                ++attributes_ > limits_.attributes) {
                return fail(start, "too many attributes");
            }
            if (!attribute_value(c)) return;
        }
        fail(start, "a tag does not end");
    }

    /// Goes on to the next one; false: there is none.
    bool find_tag_mark() noexcept {
        std::size_t at = at_;
        while (at < text_.size() && !is_in(kTagMarks, text_[at])) ++at;
        at_ = at;
        return at < text_.size();
    }

    static bool has(std::string_view text, char c) noexcept {
        return text.find(c) != std::string_view::npos;
    }

    /// From the opening quote to the closing one.
    bool attribute_value(char quote) {
        const std::size_t start = at_;
        const std::string_view rest = text_.substr(at_ + 1);
        const std::string_view value = rest.substr(0, std::min(rest.find(quote), rest.size()));
        if (value.size() < rest.size() && !has(value, '<') && !has(value, '&')) {
            at_ += 1 + value.size();
            return true;
        }
        for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
            if (text_[at_] == '<') return fail(at_, "< in an attribute value"), false;
            if (text_[at_] == '&' && !reference()) return false;
        }
        if (at_ >= text_.size()) return fail(start, "an attribute value does not end"), false;
        return true;
    }

    void character_data() {
        const std::string_view rest = text_.substr(at_);
        const std::string_view text = rest.substr(0, std::min(rest.find('<'), rest.size()));
        if (depth_ > 0 && !has(text, '&') && !has(text, ']')) {
            at_ += text.size();
            return;
        }
        for (; at_ < text_.size() && text_[at_] != '<'; ++at_) {
            if (depth_ == 0 && !is_white(text_[at_]))
                return fail(at_, "text outside the root element");
            if (text_[at_] == '&' && !reference()) return;
            if (text_[at_] == ']' && starts_with("]]>")) return fail(at_, "]]> in text");
        }
    }

    /// At an ampersand; leaves at the semicolon.
    bool reference() {
        const std::string_view rest = text_.substr(at_ + 1, 12);
        const std::size_t end = rest.find(';');
        if (end == std::string_view::npos) return fail(at_, "& without a reference"), false;
        const std::string_view name = rest.substr(0, end);
        constexpr std::array<std::string_view, 5> kNames{"amp", "lt", "gt", "quot", "apos"};
        const bool is_known = std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
                              (name.starts_with('#') && is_character_reference(name.substr(1)));
        if (!is_known) return fail(at_, "an entity that is not one of XML's five"), false;
        at_ += end + 1;
        return true;
    }

    static bool is_character_reference(std::string_view digits) noexcept {
        const bool is_hex = digits.starts_with('x');
        if (is_hex) digits.remove_prefix(1);
        if (digits.empty() || digits.size() > 8) return false;
        std::uint64_t value = 0;
        for (const char c : digits) {
            const int digit = base::hex_value(c);
            if (digit < 0 || (!is_hex && digit > 9)) return false;
            value = value * (is_hex ? 16 : 10) + static_cast<unsigned>(digit);
        }
        return value < 0x110000 && is_char(static_cast<std::uint32_t>(value));
    }

    std::string_view text_;
    const Limits& limits_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t elements_ = 0;
    std::size_t attributes_ = 0;
    bool root_seen_ = false;
    std::optional<Flaw> flaw_;
};

}  // namespace

std::optional<Flaw> find_flaw(std::string_view text, const Limits& limits) {
    if (auto flaw = find_bad_byte(text)) return flaw;
    return Scan(text, limits).run();
}

bool is_text(std::string_view text) noexcept {
    while (text.size() >= 8 && are_plain(text.data())) text.remove_prefix(8);
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::string with_replacements(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        out += size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

bool is_ncname(std::string_view name) noexcept {
    if (name.empty()) return false;
    const bool starts_plainly = base::is_alpha(name.front()) || name.front() == '_';
    const auto is_plain = [](char c) { return is_in(kAsciiName, c); };
    if (starts_plainly && std::all_of(name.begin(), name.end(), is_plain)) return true;
    bool is_first = true;
    while (!name.empty()) {
        const std::uint32_t c = next_code_point(name);
        const bool is_ascii_start = c < 0x80 && (base::is_alpha(static_cast<char>(c)) || c == '_');
        const bool is_ascii_rest =
            c < 0x80 && (base::is_digit(static_cast<char>(c)) || c == '-' || c == '.');
        const bool is_start = is_ascii_start || is_name_start_beyond_ascii(c);
        if (!is_start && (is_first || !(is_ascii_rest || is_name_beyond_ascii(c)))) return false;
        is_first = false;
    }
    return true;
}

}  // namespace herald::pidf::xml
