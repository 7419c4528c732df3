// tests/unit/cli/arguments_test.cpp: command lines that fit their syntax, and sentences for those
// that do not.
#include "cli/arguments.h"

#include <doctest/doctest.h>

namespace herald::cli::arguments_test {
namespace {

Syntax syntax() {
    using Kind = Option::Kind;
    return {.operands = "URI",
            .least_operands = 1,
            .most_operands = 2,
            .options = {
                {.name = "json", .help = "as JSON"},
                {.name = "event", .kind = Kind::text, .value = "PACKAGE", .help = "event package"},
                {.name = "status", .kind = Kind::text, .value = "open|closed", .help = "or not"},
                {.name = "expires",
                 .kind = Kind::number,
                 .value = "SECONDS",
                 .help = "how long",
                 .least = 1,
                 .most = 7200}}};
}

std::string fault_of(const std::vector<std::string_view>& words) {
    const auto arguments = Arguments::parse(syntax(), words);
    return arguments ? "none" : arguments.fault().detail;
}

TEST_CASE("options and operands may stand in any order") {
    const auto arguments = Arguments::parse(
        syntax(), {"--event", "dialog", "sip:a@b", "--json", "--expires=60", "sip:c@d"});

    REQUIRE(arguments);
    CHECK(arguments->text("event") == "dialog");
    CHECK(arguments->has("json"));
    CHECK(arguments->number("expires") == 60);
    CHECK(arguments->operands() == std::vector<std::string>{"sip:a@b", "sip:c@d"});
}

TEST_CASE("a letter stands for an option, its value behind it or in the next word") {
    const Syntax letters{.options = {{.name = "event",
                                      .kind = Option::Kind::text,
                                      .value = "PACKAGE",
                                      .help = "event package",
                                      .letter = 'e'},
                                     {.name = "json", .help = "as JSON", .letter = 'j'}}};

    const auto apart = Arguments::parse(letters, {"-e", "dialog", "-j"});
    const auto joined = Arguments::parse(letters, {"-edialog"});
    const auto flag = Arguments::parse(letters, {"-jx"});
    const auto unknown = Arguments::parse(letters, {"-x"});

    REQUIRE(apart);
    CHECK(apart->text("event") == "dialog");
    CHECK(apart->has("json"));
    REQUIRE(joined);
    CHECK(joined->text("event") == "dialog");
    CHECK_FALSE(flag);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.fault().detail == "unknown option '-x': names of options have two dashes");
    CHECK(describe(letters.options).starts_with("  -e, --event PACKAGE"));
}

TEST_CASE("what is not given is absent, or what the caller falls back on") {
    const auto arguments = Arguments::parse(syntax(), {"sip:a@b"});

    REQUIRE(arguments);
    CHECK_FALSE(arguments->has("json"));
    CHECK_FALSE(arguments->text("event"));
    CHECK_FALSE(arguments->number("expires"));
    CHECK(arguments->text_or("event", "presence") == "presence");
    CHECK(arguments->number_or("expires", 3600) == 3600);
}

TEST_CASE("an option given twice counts the last time") {
    const auto arguments = Arguments::parse(syntax(), {"x", "--event", "a", "--event=b"});

    REQUIRE(arguments);
    CHECK(arguments->text("event") == "b");
}

TEST_CASE("a value may look like an option, be empty, or hold an equals sign") {
    const auto arguments = Arguments::parse(syntax(), {"x", "--event", "--json"});
    const auto empty = Arguments::parse(syntax(), {"x", "--event="});
    const auto equals = Arguments::parse(syntax(), {"x", "--event=a=b"});

    REQUIRE(arguments);
    CHECK(arguments->text("event") == "--json");
    CHECK_FALSE(arguments->has("json"));
    REQUIRE(empty);
    CHECK(empty->text("event") == "");
    REQUIRE(equals);
    CHECK(equals->text("event") == "a=b");
}

TEST_CASE("after -- everything is an operand, and so is a lone dash") {
    const auto arguments = Arguments::parse(syntax(), {"-", "--", "--json"});

    REQUIRE(arguments);
    CHECK(arguments->operands() == std::vector<std::string>{"-", "--json"});
    CHECK_FALSE(arguments->has("json"));
}

TEST_CASE("an unknown option is named with the one that was meant") {
    CHECK(fault_of({"x", "--exprires", "60"}) ==
          "unknown option --exprires; did you mean --expires?");
    CHECK(fault_of({"x", "--exp"}) == "unknown option --exp; did you mean --expires?");
    CHECK(fault_of({"x", "--jsno"}) == "unknown option --jsno; did you mean --json?");
    CHECK(fault_of({"x", "--colour"}) == "unknown option --colour");
    CHECK(fault_of({"x", "-j"}) == "unknown option '-j': names of options have two dashes");
}

TEST_CASE("values are checked against what the table says") {
    CHECK(fault_of({"x", "--expires", "soon"}) ==
          "--expires is 'soon', expected a number from 1 to 7200");
    CHECK(fault_of({"x", "--expires=0"}) == "--expires is '0', expected a number from 1 to 7200");
    CHECK(fault_of({"x", "--expires=7201"}) ==
          "--expires is '7201', expected a number from 1 to 7200");
    CHECK(fault_of({"x", "--expires=-1"}) == "--expires is '-1', expected a number from 1 to 7200");
    CHECK(fault_of({"x", "--status", "away"}) == "--status is 'away', expected open or closed");
    CHECK(fault_of({"x", "--json=yes"}) == "--json takes no value");
    CHECK(fault_of({"x", "--event"}) == "missing value: --event PACKAGE");
}

TEST_CASE(
    "a number without a limit of its own has that of 32 bits, and says so when it is passed") {
    const Syntax counts{.options = {{.name = "new", .kind = Option::Kind::number, .value = "N"}}};

    CHECK(Arguments::parse(counts, {"--new", "4294967295"})->number("new") == 4294967295U);
    CHECK(Arguments::parse(counts, {"--new", "4294967296"}).fault().detail ==
          "--new is '4294967296', expected a number from 0 to 4294967295");
    CHECK(Arguments::parse(counts, {"--new", "x"}).fault().detail ==
          "--new is 'x', expected a number");
}

TEST_CASE("operands too few or too many are refused") {
    CHECK(fault_of({"--json"}) == "missing argument URI");
    CHECK(fault_of({"a", "b", "c"}) == "unexpected argument 'c'");
}

TEST_CASE("a required option is missed") {
    Syntax wanting = syntax();
    wanting.options[1].is_required = true;

    const auto arguments = Arguments::parse(wanting, {"x"});

    REQUIRE_FALSE(arguments);
    CHECK(arguments.fault().detail == "missing option --event PACKAGE");
}

TEST_CASE("the nearest word is one a slip away, or none") {
    CHECK(nearest("wathc", {"watch", "publish"}) == "watch");
    CHECK(nearest("pub", {"watch", "publish"}) == "publish");
    CHECK(nearest("frobnicate", {"watch", "publish"}) == "");
    CHECK(nearest("x", {"to"}) == "");
    CHECK(nearest("", {"watch"}) == "");
}

TEST_CASE("descriptions stand in one column") {
    CHECK(describe(syntax().options) ==
          "  --json                   as JSON\n"
          "  --event PACKAGE          event package\n"
          "  --status open|closed     or not\n"
          "  --expires SECONDS        how long\n");
}

}  // namespace
}  // namespace herald::cli::arguments_test
