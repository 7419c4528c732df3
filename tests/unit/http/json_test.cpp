// tests/unit/http/json_test.cpp: JSON read strictly, written the same way every time, and members
// by name.
#include "http/json.h"

#include <doctest/doctest.h>

#include "http/fields.h"

namespace herald::http::json_test {
namespace {

std::string rewritten(std::string_view text) {
    const auto json = parse_json(text);
    return json ? to_text(*json) : "fault: " + json.fault().detail;
}

TEST_CASE("RFC 8259: every kind of value is read and written") {
    CHECK(rewritten(R"({"a":null,"b":true,"c":false,"d":-7,"e":"x","f":[],"g":{},"h":[1,[2]]})") ==
          R"({"a":null,"b":true,"c":false,"d":-7,"e":"x","f":[],"g":{},"h":[1,[2]]})");
    CHECK(rewritten(" [ 1 , 2 ] \n") == "[1,2]");
    CHECK(rewritten("9223372036854775807") == "9223372036854775807");
    CHECK(rewritten("1.5") == "1.5");
    CHECK(rewritten("\"\\u00e4\\n\\\"\\\\\\ud83d\\ude00\"") ==
          "\"\xC3\xA4\\n\\\"\\\\\xF0\x9F\x98\x80\"");
    CHECK(rewritten("\"\xC3\xA4\"") == "\"\xC3\xA4\"");
}

TEST_CASE("members keep their order") {
    CHECK(rewritten(R"({"z":1,"a":2,"m":3})") == R"({"z":1,"a":2,"m":3})");
}

TEST_CASE("what is no JSON is refused with the place") {
    CHECK(rewritten("") == "fault: at its beginning: unexpected end of text");
    CHECK(rewritten("nope").rfind("fault: at its beginning: ", 0) == 0);
    CHECK(rewritten("{\"a\": 1,\n \"b\" 2}") ==
          "fault: near \"b\": expected ':' after member name");
    CHECK(rewritten("{\"a\": 1") == "fault: near \"a\": expected ',' or '}' after member value");
    CHECK(rewritten(R"({"a":[{"b":1},{"c":x}]})").rfind("fault: near \"a[1].c\": ", 0) == 0);
    CHECK(rewritten("{} x").rfind("fault: after its end: ", 0) == 0);
    for (const auto* bad : {"{",
                            "[1,]",
                            "{\"a\":1,}",
                            "{'a':1}",
                            "{a:1}",
                            "01",
                            "[NaN]",
                            "tru",
                            "\"\\x\"",
                            "\"\t\"",
                            "\"\\ud800\"",
                            "\"\x80\"",
                            "\"\xC0\xAF\"",
                            "\"\xED\xA0\x80\"",
                            "/*c*/{}",
                            "{} {}",
                            "{}x",
                            "\xEF\xBB\xBF{}",
                            "123456789012345678901234567890",
                            "1e999",
                            "-"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_json(bad).has_value());
    }
}

TEST_CASE("a NUL byte is refused, escaped or not") {
    CHECK_FALSE(parse_json(std::string_view("[1]\0", 4)).has_value());
    CHECK_FALSE(parse_json(std::string_view("{\0}", 3)).has_value());
    CHECK_FALSE(parse_json(R"({"a":"\u0000"})").has_value());
}

TEST_CASE("a member that is there twice is refused, at any depth") {
    CHECK(rewritten(R"({"a":1,"a":2})").find("member \"a\" is given twice") != std::string::npos);
    CHECK_FALSE(parse_json(R"({"x":[{"a":1,"b":{"c":1,"c":1}}]})").has_value());
    CHECK(parse_json(R"({"a":{"a":1},"b":{"a":1}})").has_value());
}

TEST_CASE("depth is limited") {
    CHECK(parse_json(std::string(kJsonDepth, '[') + std::string(kJsonDepth, ']')).has_value());
    CHECK_FALSE(parse_json(std::string(kJsonDepth + 1, '[') + std::string(kJsonDepth + 1, ']'))
                    .has_value());
    CHECK_FALSE(parse_json(std::string(1000000, '[')).has_value());
}

TEST_CASE("members of an object are limited: they are compared with each other") {
    const auto object = [](std::size_t members) {
        std::string text = "{";
        for (std::size_t i = 0; i < members; ++i) {
            text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
        }
        return text + "}";
    };
    CHECK(parse_json(object(kJsonMembers)).has_value());
    CHECK(rewritten(object(kJsonMembers + 1)).find("more than 256 members in one object") !=
          std::string::npos);
    CHECK_FALSE(parse_json(object(80000)).has_value());
}

TEST_CASE("a reason is short, however long the input") {
    CHECK(rewritten(std::string(100000, '7')).size() < 250);
    CHECK(
        rewritten("{\"" + std::string(100000, 'k') + "\":1,\"" + std::string(100000, 'k') + "\":1}")
            .size() < 250);
}

TEST_CASE("text that is not UTF-8 is written as U+FFFD") {
    CHECK(to_text(Json("a\x80z")) == "\"a\xEF\xBF\xBDz\"");
    CHECK(to_text(Json(std::string("\x01\x00", 2))).find('\0') == std::string::npos);
}

TEST_CASE("fields say which member is wrong") {
    const auto mistake = [](std::string_view text) {
        const auto json = parse_json(text);
        REQUIRE(json);
        Fields fields(*json);
        fields.text("name");
        fields.flag("open");
        fields.number("count");
        fields.texts("list");
        fields.object("inner", [](Fields& inner) { inner.number("n"); });
        fields.objects("all", [](Fields& each) { each.text("t"); });
        const auto status = fields.status();
        return status ? std::string() : status.fault().detail;
    };

    CHECK(mistake(R"({})") == "");
    CHECK(
        mistake(
            R"({"name":"x","open":true,"count":4294967295,"list":["a"],"inner":{"n":1},"all":[{"t":"x"}]})") ==
        "");
    CHECK(mistake(R"({"name":null,"inner":null})") == "");
    CHECK(mistake(R"([])") == "the body is not a JSON object, expected {\"name\": value, ...}");
    CHECK(mistake(R"({"name":5})") == "\"name\": expected a string");
    CHECK(mistake(R"({"open":"true"})") == "\"open\": expected true or false");
    CHECK(mistake(R"({"count":-1})") == "\"count\": expected a whole number from 0 to 4294967295");
    CHECK(mistake(R"({"count":4294967296})") ==
          "\"count\": expected a whole number from 0 to 4294967295");
    CHECK(mistake(R"({"count":1.5})") == "\"count\": expected a whole number from 0 to 4294967295");
    CHECK(mistake(R"({"list":["a",1]})") == "\"list[1]\": expected a string");
    CHECK(mistake(R"({"list":"a"})") == "\"list\": expected an array of strings");
    CHECK(mistake(R"({"inner":{"n":"x"}})") ==
          "\"inner.n\": expected a whole number from 0 to 4294967295");
    CHECK(mistake(R"({"inner":[]})") ==
          "\"inner\" is not a JSON object, expected {\"name\": value, ...}");
    CHECK(mistake(R"({"inner":{"m":1}})") == "\"inner.m\": unknown member, expected one of n");
    CHECK(mistake(R"({"all":{}})") == "\"all\": expected an array of objects");
    CHECK(mistake(R"({"all":[{"t":"x"},{"t":1}]})") == "\"all[1].t\": expected a string");
    CHECK(mistake(R"({"nme":"x"})") ==
          "\"nme\": unknown member, expected one of name, open, count, list, inner, all");
}

}  // namespace
}  // namespace herald::http::json_test
