// tests/unit/cli/command_test.cpp: the way from a command line to a command, and the pages of help.
#include "cli/command.h"

#include <cstdio>
#include <set>

#include <fcntl.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "cli/pages.h"

namespace herald::cli::command_test {
namespace {

int greet(const Arguments& arguments) {
    return arguments.has("loud") ? 40 : 41;
}

std::vector<Command> table() {
    return {{.name = "greet",
             .summary = "say hello",
             .syntax = {.operands = "NAME",
                        .most_operands = 1,
                        .options = {{.name = "loud", .help = "louder"}}},
             .help = "Says hello.",
             .run = greet}};
}

int run_words(const std::vector<const char*>& words) {
    std::vector<const char*> argv{"herald"};
    argv.insert(argv.end(), words.begin(), words.end());
    return run(table(), static_cast<int>(argv.size()), argv.data());
}

TEST_CASE("a command gets its arguments, and its exit code is the program's") {
    CHECK(run_words({"greet"}) == 41);
    CHECK(run_words({"greet", "bob", "--loud"}) == 40);
}

TEST_CASE("misuse is exit code 2, help and version are 0") {
    CHECK(run_words({"gret"}) == kMisuse);
    CHECK(run_words({"greet", "--lout"}) == kMisuse);
    CHECK(run_words({"greet", "a", "b"}) == kMisuse);
    CHECK(run_words({"help", "gret"}) == kMisuse);
    CHECK(run_words({}) == kOk);
    CHECK(run_words({"help"}) == kOk);
    CHECK(run_words({"--help"}) == kOk);
    CHECK(run_words({"help", "greet"}) == kOk);
    CHECK(run_words({"help", "help"}) == kOk);
    CHECK(run_words({"help", "version"}) == kOk);
    CHECK(run_words({"greet", "--help", "--nonsense"}) == kOk);
    CHECK(run_words({"version"}) == kOk);
}

TEST_CASE("what could not be written is no success") {
    std::fflush(stdout);
    const int kept = ::dup(STDOUT_FILENO);
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    REQUIRE(full >= 0);
    ::dup2(full, STDOUT_FILENO);
    const int help = run_words({"help"});
    __fpurge(stdout);
    std::clearerr(stdout);
    const int misuse = run_words({"gret"});
    ::dup2(kept, STDOUT_FILENO);
    ::close(kept);
    ::close(full);

    CHECK(help == kFailed);
    CHECK(misuse == kMisuse);
}

TEST_CASE("the manual and the completion know every command and option, and lead no shell astray") {
    const auto manual = manual_page(commands());
    const auto completion = bash_completion(commands());

    for (const Command& command : commands()) {
        CAPTURE(command.name);
        CHECK(manual.find("\n.SS " + std::string(command.name)) != std::string::npos);
        CHECK(completion.find("\n        " + std::string(command.name) + ") words='--help") !=
              std::string::npos);
    }
    CHECK(manual.find("\\-\\-token\\-file FILE") != std::string::npos);
    CHECK(manual.find("\n.B \\-e, \\-\\-event PACKAGE\n") != std::string::npos);
    CHECK(completion.find("account:--role) words='user publisher monitor admin'") !=
          std::string::npos);
}

TEST_CASE("a program of another name shows its own") {
    const char* const argv[] = {"/usr/bin/herald-client", "nonsense"};
    CHECK(run(commands(), 2, argv) == kMisuse);

    const auto page = help_page(commands().front());
    const auto manual = manual_page(commands());
    CHECK(run_words({"help"}) == kOk);

    CHECK(page.starts_with("Usage: herald-client watch URI..."));
    CHECK(page.find("\n  herald-client watch sip:") != std::string::npos);
    CHECK(page.find("herald watch") == std::string::npos);
    CHECK(manual.find("\n.B herald\\-client\n") != std::string::npos);
}

TEST_CASE("after -- the word --help is an operand like any other") {
    CHECK(run_words({"greet", "--", "--help"}) == 41);
}

TEST_CASE("pages name the usage, the options and every command") {
    CHECK(help_page(table()[0]) ==
          "Usage: herald greet NAME [OPTIONS]\n\nSays hello.\n\nOptions:\n  --loud                 "
          "  louder\n");
    CHECK(overview(table()).find("\n  greet          say hello\n") != std::string::npos);
}

TEST_CASE(
    "every command of the program is documented, fits the screen and has options of one name "
    "each") {
    for (const Command& command : commands()) {
        CAPTURE(command.name);
        CHECK_FALSE(command.summary.empty());
        CHECK((command.run != nullptr));
        CHECK(command.help.find("  herald " + std::string(command.name)) != std::string_view::npos);
        std::set<std::string_view> names;
        for (const Option& option : command.syntax.options) {
            CAPTURE(option.name);
            CHECK(names.insert(option.name).second);
            CHECK((option.kind == Option::Kind::flag) == option.value.empty());
            CHECK(option.help.size() <= 73);
            CHECK_FALSE(option.help.empty());
        }
    }
}

}  // namespace
}  // namespace herald::cli::command_test
