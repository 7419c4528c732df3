// tests/unit/base/text_test.cpp: ASCII text, numbers, escapes, dates and UTF-8.
#include "base/text.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace herald::base::text_test {

using namespace std::string_literals;
using namespace std::string_view_literals;

TEST_CASE("comparison ignores the case of ASCII letters and of nothing else") {
    CHECK(iequals("Content-TYPE", "content-type"));
    CHECK(iequals("", ""));
    CHECK_FALSE(iequals("a", "ab"));
    CHECK_FALSE(iequals("@", "`"));
    CHECK_FALSE(iequals("[", "{"));
    CHECK_FALSE(iequals("\xC4", "\xE4"));  // Latin-1 letters are bytes
    CHECK(istarts_with("SIP:alice", "sip:"));
    CHECK(istarts_with("x", ""));
    CHECK_FALSE(istarts_with("si", "sip:"));
    CHECK(lower("AbC-\xC4Z[") == "abc-\xC4z[");
}

TEST_CASE("trim takes blanks from the ends only") {
    CHECK(trim(" \t\r\n a b \n") == "a b");
    CHECK(trim("") == "");
    CHECK(trim(" \t ") == "");
    CHECK(trim("a") == "a");
    CHECK(trim("\va\v") == "\va\v");
}

TEST_CASE("to_u64 takes digits and nothing else") {
    CHECK(to_u64("0") == 0);
    CHECK(to_u64("0007") == 7);
    CHECK(to_u64("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    for (const auto text : {""sv, "-1"sv, "+1"sv, " 1"sv, "1 "sv, "1.0"sv, "0x10"sv, "1\0"sv,
                            "18446744073709551616"sv, "99999999999999999999999"sv}) {
        CAPTURE(text);
        CHECK_FALSE(to_u64(text));
    }
}

TEST_CASE("to_u32_clamped stops at 2^32-1 for digits of any length") {
    CHECK(to_u32_clamped("3600") == 3600);
    CHECK(to_u32_clamped("4294967295") == 4294967295);
    CHECK(to_u32_clamped("4294967296") == 4294967295);
    CHECK(to_u32_clamped(std::string(1000, '9')) == 4294967295);
    CHECK(to_u32_clamped(std::string(1000, '0') + "5") == 5);
    CHECK_FALSE(to_u32_clamped(""));
    CHECK_FALSE(to_u32_clamped("12a"));
    CHECK_FALSE(to_u32_clamped("-1"));
}

TEST_CASE("append_number writes all digits") {
    std::string out = "x";
    append_number(out, 0);
    append_number(out, 42);
    append_number(out, std::numeric_limits<std::uint64_t>::max());
    CHECK(out == "x04218446744073709551615");
}

TEST_CASE("hex goes there and back") {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);

    CHECK(to_hex("\x00\x7f\xff"sv) == "007fff");
    CHECK(from_hex(to_hex(all)) == all);
    CHECK(from_hex("DEADbeef") == "\xde\xad\xbe\xef");
    CHECK(from_hex("") == "");
    CHECK_FALSE(from_hex("abc"));
    CHECK_FALSE(from_hex("0g"));
    CHECK_FALSE(from_hex("g0"));
}

TEST_CASE("RFC 3986 2.1: percent-decoding, once, of whole escapes") {
    CHECK(percent_decode("alice%40example.com") == "alice@example.com");
    CHECK(percent_decode("%41%6a%6A") == "Ajj");
    CHECK(percent_decode("a%00b") == "a\0b"s);
    CHECK(percent_decode("%00") == "\0"s);
    CHECK(percent_decode("%2541") == "%41");
    CHECK(percent_decode("%") == "%");
    CHECK(percent_decode("%4") == "%4");
    CHECK(percent_decode("%4g%zz%%41") == "%4g%zz%A");
    CHECK(percent_decode("100%") == "100%");
    CHECK(percent_decode("%ff") == "\xff");
    CHECK(percent_decode("").empty());
}

TEST_CASE("split_once splits at the first separator") {
    const Split split = split_once("key=a=b", '=');
    CHECK(split.found);
    CHECK(split.before == "key");
    CHECK(split.after == "a=b");

    CHECK(split_once("=", '=').found);
    CHECK(split_once("=x", '=').before == "");
    CHECK(split_once("x=", '=').after == "");
    const Split none = split_once("key", '=');
    CHECK_FALSE(none.found);
    CHECK(none.before == "key");
    CHECK(none.after == "");
}

TEST_CASE("RFC 3339 5.6: written in UTC, with milliseconds where there are any") {
    CHECK(to_rfc3339(0) == "1970-01-01T00:00:00Z");
    CHECK(to_rfc3339(1'795'264'620'000) == "2026-11-21T12:37:00Z");
    CHECK(to_rfc3339(1'795'264'620'007) == "2026-11-21T12:37:00.007Z");
    CHECK(to_rfc3339(951'782'400'000) == "2000-02-29T00:00:00Z");
    CHECK(to_rfc3339(-1) == "1969-12-31T23:59:59.999Z");
    CHECK(to_rfc3339(std::numeric_limits<std::int64_t>::max()) == "9999-12-31T23:59:59.999Z");
    CHECK(to_rfc3339(std::numeric_limits<std::int64_t>::min()) == "0000-01-01T00:00:00Z");
}

TEST_CASE("RFC 3339 5.8: the examples are read") {
    CHECK(from_rfc3339("1985-04-12T23:20:50.52Z") == 482'196'050'520);
    CHECK(from_rfc3339("1996-12-19T16:39:57-08:00") == 851'042'397'000);
    CHECK(from_rfc3339("1990-12-31T23:59:60Z") == 662'688'000'000);
    CHECK(from_rfc3339("1990-12-31T15:59:60-08:00") == 662'688'000'000);
    CHECK(from_rfc3339("1937-01-01T12:00:27.87+00:20") == -1'041'337'172'130);
}

TEST_CASE("RFC 3339: fractions are cut to milliseconds, offsets may cross days") {
    CHECK(from_rfc3339("1970-01-01T00:00:00Z") == 0);
    CHECK(from_rfc3339("1970-01-01T00:00:00.1Z") == 100);
    CHECK(from_rfc3339("1970-01-01T00:00:00.1239999999999999999999Z") == 123);
    CHECK(from_rfc3339("1969-12-31T23:59:59.999Z") == -1);
    CHECK(from_rfc3339("1970-01-01T00:00:00-00:00") == 0);
    CHECK(from_rfc3339("1970-01-01T00:00:00+23:59") == -86'340'000);
    CHECK(from_rfc3339("2000-02-29T00:00:00Z") == 951'782'400'000);
    CHECK(from_rfc3339("0000-01-01T00:00:00Z") == -62'167'219'200'000);
    CHECK(from_rfc3339("9999-12-31T23:59:59.999Z") == 253'402'300'799'999);
}

TEST_CASE("RFC 3339: what is not a date-time is refused") {
    for (const auto text : {""sv,
                            "2026-11-21"sv,
                            "2026-11-21T12:37:00"sv,
                            "2026-11-21t12:37:00Z"sv,
                            "2026-11-21T12:37:00z"sv,
                            "2026-11-21 12:37:00Z"sv,
                            "2026-11-21T12:37Z"sv,
                            "2026-11-21T12:37:00.Z"sv,
                            "2026-11-21T12:37:00,5Z"sv,
                            "2026-11-21T12:37:00Z "sv,
                            " 2026-11-21T12:37:00Z"sv,
                            "2026-11-21T12:37:00ZZ"sv,
                            "2026-13-21T12:37:00Z"sv,
                            "2026-00-21T12:37:00Z"sv,
                            "2026-11-31T12:37:00Z"sv,
                            "2026-11-00T12:37:00Z"sv,
                            "2026-02-29T12:37:00Z"sv,
                            "1900-02-29T12:37:00Z"sv,
                            "2026-11-21T24:00:00Z"sv,
                            "2026-11-21T12:60:00Z"sv,
                            "2026-11-21T12:37:61Z"sv,
                            "2026-11-21T12:37:60Z"sv,
                            "1990-12-31T23:59:60-08:00"sv,
                            "2026-11-21T12:37:00+24:00"sv,
                            "2026-11-21T12:37:00+01:60"sv,
                            "2026-11-21T12:37:00+0100"sv,
                            "2026-11-21T12:37:00+01"sv,
                            "26-11-21T12:37:00Z"sv,
                            "12026-11-21T12:37:00Z"sv,
                            "-026-11-21T12:37:00Z"sv,
                            "2026-+1-21T12:37:00Z"sv,
                            "2026-11-21T12:37:00Z\0"sv,
                            "\xd9\xa2"
                            "026-11-21T12:37:00Z"sv}) {
        CAPTURE(text);
        CHECK_FALSE(from_rfc3339(text));
    }
}

TEST_CASE("RFC 3339: every prefix of a date-time is refused, never read beyond its end") {
    const std::string whole = "2026-11-21T12:37:00.123+01:00";
    REQUIRE(from_rfc3339(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        // On the heap in exactly its size, so that a sanitizer sees a read beyond.
        const std::vector<char> exact(whole.begin(),
                                      whole.begin() + static_cast<std::ptrdiff_t>(size));
        CAPTURE(size);
        CHECK_FALSE(from_rfc3339({exact.data(), exact.size()}));
    }
}

TEST_CASE("RFC 3339: what is written is read back") {
    for (std::int64_t ms = -62'167'219'200'000; ms < 253'402'300'800'000; ms += 123'456'789'017) {
        CAPTURE(ms);
        REQUIRE(from_rfc3339(to_rfc3339(ms)) == ms);
    }
}

TEST_CASE("RFC 3261 20.17: the Date header") {
    CHECK(to_http_date(1'289'685'609) == "Sat, 13 Nov 2010 22:00:09 GMT");
    CHECK(to_http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(to_http_date(951'782'400) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(to_http_date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(to_http_date(std::numeric_limits<std::int64_t>::max()) ==
          "Fri, 31 Dec 9999 23:59:59 GMT");
    CHECK(to_http_date(std::numeric_limits<std::int64_t>::min()) ==
          "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST_CASE("RFC 3261 20.17: the Date header is read back, and nothing else") {
    for (const std::int64_t seconds :
         {1'289'685'609LL, 0LL, 951'782'400LL, -1LL, 253'402'300'799LL})
        CHECK(from_http_date(to_http_date(seconds)) == seconds);
    for (const auto text :
         {"", "Sat", "Sat, 13 Nov 2010 22:00:09", "Sat, 13 Nov 2010 22:00:09 UTC",
          "Sat, 31 Feb 2010 22:00:09 GMT", "Sat, 13 Nov 2010 24:00:09 GMT",
          "Sat, 13 Nov 2010 22:00:09 GMT+1", "Sat, 1 Nov 2010 22:00:09 GMT", "Sat, 13 Nov",
          "2010-11-13T22:00:09Z", "Sat  13 Nov 2010 22:00:09 GMT", "Sat, 13 Nox 2010 22:00:09 GMT"})
        CHECK_MESSAGE(!from_http_date(text), text);
}

TEST_CASE("RFC 3629 4: well-formed UTF-8") {
    for (const auto text : {""sv, "a"sv, "\0"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv,
                            "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv,
                            "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv,
                            "12345678\xc3\xa4"
                            "12345678"sv}) {
        CAPTURE(text);
        CHECK(is_utf8(text));
    }
    for (const auto text : {"\x80"sv,
                            "\xbf"sv,
                            "\xc0\x80"sv,
                            "\xc1\xbf"sv,
                            "\xc2"sv,
                            "\xc2\x7f"sv,
                            "\xc2\xc0"sv,
                            "\xe0\x9f\xbf"sv,
                            "\xe1\x80"sv,
                            "\xed\xa0\x80"sv,
                            "\xed\xbf\xbf"sv,
                            "\xf0\x8f\xbf\xbf"sv,
                            "\xf1\x80\x80"sv,
                            "\xf4\x90\x80\x80"sv,
                            "\xf5\x80\x80\x80"sv,
                            "\xff"sv,
                            "\xfe"sv,
                            "12345678\xff"sv,
                            "1234567\xc2"sv,
                            "\xe1\x80\xc0"sv,
                            "\xf1\x80\x80\xc0"sv}) {
        CAPTURE(text);
        CHECK_FALSE(is_utf8(text));
    }
}

TEST_CASE("UTF-8: a bad byte is found at every offset of a long text") {
    for (std::size_t at = 0; at < 40; ++at) {
        std::string text(40, 'a');
        text[at] = '\x80';
        CAPTURE(at);
        CHECK_FALSE(is_utf8(text));
    }
}

}  // namespace herald::base::text_test
