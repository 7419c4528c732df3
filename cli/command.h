// cli/command.h: a subcommand, `herald NAME`, as a table entry that describes itself, and how it is
// run.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cli/arguments.h"

namespace herald::cli {

/// Exit codes.
enum ExitCode : int {
    kOk = 0,
    kFailed = 1,    ///< refused, by the server or here; standard error says why
    kMisuse = 2,    ///< the command line is wrong
    kNoAnswer = 3,  ///< nobody answered
};

/// Prints what is wrong with the command line; its exit code.
int report_misuse(std::string_view command, std::string_view why);

/// One subcommand. All text is static.
struct Command {
    std::string_view name;
    std::string_view summary;  ///< half a line for the overview, no full stop
    Syntax syntax;
    std::string_view help;  ///< paragraphs and examples printed after the usage line
    int (*run)(const Arguments& arguments);
};

/// The commands that talk to a running server. The program adds those that are the server.
std::vector<Command> commands();
/// Those without the load generator.
std::vector<Command> client_commands();

/// Does what the command line says and returns the exit code: kFailed also where what was printed
/// could not be written. Without arguments, or with `help`, prints the overview; `help NAME` and
/// `NAME --help` print one command's page; `version` the version, `completion` what a shell needs
/// to complete command lines, `manual` a manual page.
int run(std::span<const Command> all, int argc, const char* const* argv);

/// What `herald help` and `herald help NAME` print.
std::string overview(std::span<const Command> all);
std::string help_page(const Command& command);

/// "0.2.0"
std::string_view version() noexcept;
/// As it was called: "build/release/herald".
std::string_view program() noexcept;

}  // namespace herald::cli
