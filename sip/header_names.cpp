// sip/header_names.cpp: the names of methods and headers, long and compact (RFC 3261 7.1, 7.3.3).
#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "sip/message.h"

namespace herald::sip {
namespace {

constexpr std::string_view kMethodNames[] = {
    "",    "SUBSCRIBE", "NOTIFY", "PUBLISH", "REGISTER", "MESSAGE", "OPTIONS", "INVITE",
    "ACK", "CANCEL",    "BYE",    "REFER",   "INFO",     "UPDATE",  "PRACK"};

/// In the order of Header.
constexpr std::string_view kHeaderNames[] = {"",
                                             "Accept",
                                             "Accept-Encoding",
                                             "Allow",
                                             "Allow-Events",
                                             "Authentication-Info",
                                             "Authorization",
                                             "Call-ID",
                                             "Call-Info",
                                             "Contact",
                                             "Content-Disposition",
                                             "Content-Encoding",
                                             "Content-Length",
                                             "Content-Type",
                                             "CSeq",
                                             "Date",
                                             "Event",
                                             "Expires",
                                             "From",
                                             "Max-Forwards",
                                             "Min-Expires",
                                             "P-Asserted-Identity",
                                             "Path",
                                             "Proxy-Authenticate",
                                             "Proxy-Authorization",
                                             "Proxy-Require",
                                             "Record-Route",
                                             "Require",
                                             "Retry-After",
                                             "Route",
                                             "Server",
                                             "SIP-ETag",
                                             "SIP-If-Match",
                                             "Subscription-State",
                                             "Suppress-If-Match",
                                             "Supported",
                                             "Timestamp",
                                             "To",
                                             "Unsupported",
                                             "User-Agent",
                                             "Via",
                                             "Warning",
                                             "WWW-Authenticate"};
constexpr std::size_t kHeaderCount = std::size(kHeaderNames);
static_assert(kHeaderCount == static_cast<std::size_t>(Header::www_authenticate) + 1);

/// Where a name of two or more characters would be in the table. Length, both ends and one letter
/// between tell all our names apart: make_table() would not compile otherwise.
constexpr std::size_t slot_of(std::string_view name) noexcept {
    const auto low = [&](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(name[i]) | 0x20U);
    };
    return (name.size() * 13 + low(0) * 35 + low(name.size() - 1) * 59 +
            low(name.size() / 2) * 56) &
           255U;
}

constexpr std::array<Header, 256> make_table() {
    std::array<Header, 256> table{};
    for (std::size_t i = 1; i < kHeaderCount; ++i) {
        Header& slot = table[slot_of(kHeaderNames[i])];
        if (slot != Header::other) throw "two names share a slot: change the factors of slot_of()";
        slot = static_cast<Header>(i);
    }
    return table;
}
constexpr std::array<Header, 256> kTable = make_table();
static_assert(std::all_of(std::begin(kHeaderNames), std::end(kHeaderNames),
                          [](std::string_view name) { return name.size() <= 24; }));

template <class Word>
Word word_at(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// memcmp() == 0 for 2 to 24 octets, as overlapping words.
bool same_bytes(const char* a, const char* b, std::size_t size) noexcept {
    const auto same = [&]<class Word>(Word, std::size_t at) {
        return word_at<Word>(a + at) == word_at<Word>(b + at);
    };
    if (size < 4) return same(std::uint16_t{}, 0) && a[size - 1] == b[size - 1];
    if (size < 8) return same(std::uint32_t{}, 0) && same(std::uint32_t{}, size - 4);
    if (size > 16 && !same(std::uint64_t{}, 8)) return false;
    return same(std::uint64_t{}, 0) && same(std::uint64_t{}, size - 8);
}

constexpr Header compact(char c) noexcept {
    switch (base::to_lower(c)) {
        case 'c':
            return Header::content_type;
        case 'e':
            return Header::content_encoding;
        case 'f':
            return Header::from;
        case 'i':
            return Header::call_id;
        case 'k':
            return Header::supported;
        case 'l':
            return Header::content_length;
        case 'm':
            return Header::contact;
        case 'o':
            return Header::event;
        case 't':
            return Header::to;
        case 'u':
            return Header::allow_events;
        case 'v':
            return Header::via;
        default:
            return Header::other;
    }
}

}  // namespace

Method method_of(std::string_view token) noexcept {
    for (std::size_t i = 1; i < std::size(kMethodNames); ++i) {
        if (token == kMethodNames[i]) return static_cast<Method>(i);
    }
    return Method::unknown;
}

std::string_view name_of(Method method) noexcept {
    return kMethodNames[static_cast<std::size_t>(method)];
}

Header header_of(std::string_view name) noexcept {
    if (name.size() < 2) return name.empty() ? Header::other : compact(name.front());
    const Header id = kTable[slot_of(name)];
    const std::string_view known = kHeaderNames[static_cast<std::size_t>(id)];
    if (known.size() != name.size()) return Header::other;
    // Nearly everybody writes the names as the RFCs do.
    if (same_bytes(known.data(), name.data(), name.size())) return id;
    return base::iequals(known, name) ? id : Header::other;
}

std::string_view name_of(Header header) noexcept {
    return kHeaderNames[static_cast<std::size_t>(header)];
}

}  // namespace herald::sip
