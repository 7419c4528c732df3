// cli/command.cpp: finds the subcommand and runs it.
#include "cli/command.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>
#include <utility>

#include "cli/pages.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

std::string_view called_as = "herald";

/// What every program here knows, beside its commands.
constexpr std::string_view kBuiltIn[] = {"help", "version", "completion", "manual"};

void print(std::FILE* to, const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), to);
}

const Command* find_command(std::span<const Command> all, std::string_view name) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
    return found == all.end() ? nullptr : &*found;
}

bool asks_for_help(const std::vector<std::string_view>& words) {
    const auto end = std::find(words.begin(), words.end(), "--");
    return std::any_of(words.begin(), end,
                       [](auto word) { return word == "--help" || word == "-h"; });
}

int unknown_command(std::span<const Command> all, std::string_view name) {
    std::vector<std::string_view> names(std::begin(kBuiltIn), std::end(kBuiltIn));
    for (const Command& command : all) names.push_back(command.name);
    std::string text = "herald: unknown command '" + std::string(name) + "'";
    const std::string_view meant = nearest(name, names);
    if (!meant.empty()) text += "; did you mean '" + std::string(meant) + "'?";
    print(stderr, text + "\nTry 'herald help'.\n");
    return kMisuse;
}

int run_help(std::span<const Command> all, const std::vector<std::string_view>& words) {
    if (words.empty() || asks_for_help(words)) {
        print(stdout, overview(all));
        return kOk;
    }
    const std::string_view name = words.front();
    if (std::find(std::begin(kBuiltIn), std::end(kBuiltIn), name) != std::end(kBuiltIn)) {
        print(stdout, overview(all));
        return kOk;
    }
    const Command* command = find_command(all, name);
    if (!command) return unknown_command(all, name);
    print(stdout, help_page(*command));
    return kOk;
}

int run_command(const Command& command, const std::vector<std::string_view>& words) {
    if (asks_for_help(words)) {
        print(stdout, help_page(command));
        return kOk;
    }
    const Result<Arguments> arguments = Arguments::parse(command.syntax, words);
    if (!arguments) {
        const std::string name = "herald " + std::string(command.name);
        print(stderr, name + ": " + arguments.fault().detail + "\nTry '" + name + " --help'.\n");
        return kMisuse;
    }
    return command.run(*arguments);
}

int run_words(std::span<const Command> all, std::vector<std::string_view> words) {
    if (words.empty()) return run_help(all, words);
    const std::string_view name = words.front();
    words.erase(words.begin());
    if (name == "help" || name == "--help" || name == "-h") return run_help(all, words);
    if (name == "version" || name == "--version" || name == "-v") {
        print(stdout, "herald " + std::string(version()) + "\n");
        return kOk;
    }
    if (name == "completion" || name == "manual") {
        print(stdout, name == "manual" ? manual_page(all) : bash_completion(all));
        return kOk;
    }
    const Command* command = find_command(all, name);
    return command ? run_command(*command, words) : unknown_command(all, name);
}

/// What was printed may still meet a full disk, or a reader that went away.
bool is_output_written() {
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace

int report_misuse(std::string_view command, std::string_view why) {
    print_error(command, why);
    return kMisuse;
}

int run(std::span<const Command> all, int argc, const char* const* argv) {
    if (argc > 0) called_as = argv[0];
    const int code = run_words(all, {argv + std::min(argc, 1), argv + argc});
    if (is_output_written() || code != kOk) return code;
    print(stderr, "herald: the output could not be written\n");
    return kFailed;
}

std::string overview(std::span<const Command> all) {
    std::string out =
        "Herald, a SIP presence and event-notification server.\n"
        "\n"
        "Usage: herald COMMAND [OPTIONS]\n"
        "\n";
    const auto line = [&](std::string_view name, std::string_view summary) {
        std::string text = "  " + std::string(name);
        text.resize(std::max<std::size_t>(text.size() + 1, 17), ' ');
        out += text + std::string(summary) + "\n";
    };
    for (const Command& command : all) line(command.name, command.summary);
    line("help", "this page, or that of one command: herald help COMMAND");
    line("version", "the version of this program");
    line("completion", "for bash: source <(herald completion)");
    line("manual", "the manual page: herald manual | man -l -");
    out +=
        "\n"
        "A first look, in three terminals:\n"
        "  herald serve\n"
        "  herald watch sip:alice@localhost\n"
        "  herald publish sip:alice@localhost --status open --note \"at my desk\"\n"
        "\n"
        "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no answer.\n";
    return in_own_name(std::move(out));
}

std::string help_page(const Command& command) {
    std::string out = "Usage: herald " + std::string(command.name);
    if (!command.syntax.operands.empty()) out += " " + std::string(command.syntax.operands);
    if (!command.syntax.options.empty()) out += " [OPTIONS]";
    out += "\n\n" + std::string(command.help);
    if (!out.ends_with('\n')) out += '\n';
    if (!command.syntax.options.empty()) out += "\nOptions:\n" + describe(command.syntax.options);
    return in_own_name(std::move(out));
}

std::string_view version() noexcept {
    return HERALD_VERSION;
}

std::string_view program() noexcept {
    return called_as;
}

}  // namespace herald::cli
