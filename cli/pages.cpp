// cli/pages.cpp: what is made of the table of commands for shells and for man(1).
#include "cli/pages.h"

#include <algorithm>

namespace herald::cli {
namespace {

std::string options_of(const Command& command) {
    std::string words = "--help";
    for (const Option& option : command.syntax.options) words += " --" + std::string(option.name);
    return words;
}

/// The case of the options of `command` that take one of a few words.
std::string choices_of(const Command& command) {
    std::string cases;
    for (const Option& option : command.syntax.options) {
        std::string words(option.value);
        if (words.find('|') == std::string::npos) continue;
        std::replace(words.begin(), words.end(), '|', ' ');
        cases += "        " + std::string(command.name) + ":--" + std::string(option.name) +
                 ") words='" + words + "' ;;\n";
    }
    return cases;
}

/// Text as troff shows it unchanged: a backslash, a dash or a dot in front is a command to it.
std::string troff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_first = out.empty() || out.back() == '\n';
        if (is_first && (c == '.' || c == '\'')) out += "\\&";
        if (c == '-') {
            out += "\\-";
        } else if (c == '\\') {
            out += "\\e";
        } else {
            out += c;
        }
    }
    return out;
}

std::string section_of(const Command& command) {
    std::string out = ".SS " + troff(command.name);
    if (!command.syntax.operands.empty()) out += " " + troff(command.syntax.operands);
    // As it was written, line by line: it has examples.
    out += "\n.nf\n" + troff(in_own_name(std::string(command.help)));
    if (!out.ends_with('\n')) out += '\n';
    out += ".fi\n";
    for (const Option& option : command.syntax.options) {
        out += ".TP\n.B ";
        if (option.letter) out += troff(std::string{'-', option.letter}) + ", ";
        out += troff("--" + std::string(option.name));
        if (!option.value.empty()) out += " " + troff(option.value);
        out += "\n" + troff(option.help) + "\n";
    }
    return out;
}

}  // namespace

std::string program_name() {
    const std::string_view path = program();
    return std::string(path.substr(path.rfind('/') + 1));
}

std::string in_own_name(std::string text) {
    constexpr std::string_view kCalled = " herald ";
    const std::string own = " " + program_name() + " ";
    for (auto at = text.find(kCalled); at != text.npos; at = text.find(kCalled, at + own.size()))
        text.replace(at, kCalled.size(), own);
    return text;
}

std::string bash_completion(std::span<const Command> all) {
    const std::string name = program_name();
    std::string names = "help version completion manual";
    std::string options;
    std::string choices;
    for (const Command& command : all) {
        names += " " + std::string(command.name);
        options +=
            "        " + std::string(command.name) + ") words='" + options_of(command) + "' ;;\n";
        choices += choices_of(command);
    }
    return "# Completes command lines of " + name +
           " in bash.\n"
           "_herald() {\n"
           "    local words='' typed=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    COMPREPLY=()\n"
           "    case $COMP_CWORD:${COMP_WORDS[1]} in\n"
           "        1:* | 2:help) words='" +
           names +
           "' ;;\n"
           "    esac\n"
           "    if [[ -z $words && $typed == -* ]]; then\n"
           "        case ${COMP_WORDS[1]} in\n" +
           options +
           "        esac\n"
           "    fi\n"
           "    case ${COMP_WORDS[1]}:$last in\n" +
           choices +
           "    esac\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$typed\")\n"
           "}\n"
           "complete -o default -F _herald " +
           name + "\n";
}

std::string manual_page(std::span<const Command> all) {
    const std::string name = troff(program_name());
    std::string out = ".TH " + name + " 1 \"\" \"" + name + " " + std::string(version()) +
                      "\"\n.SH NAME\n" + name +
                      " \\- SIP presence and event\\-notification server, and its commands\n"
                      ".SH SYNOPSIS\n.B " +
                      name + "\nCOMMAND [OPTIONS]\n.SH COMMANDS\n";
    for (const Command& command : all) out += section_of(command);
    return out +
           ".SH EXIT STATUS\n"
           "0 done, 1 refused or failed, 2 wrong usage, 3 no answer.\n"
           ".SH ENVIRONMENT\n"
           "HERALD_SERVER, HERALD_PASSWORD (commands that speak SIP); HERALD_API, HERALD_TOKEN\n"
           "(those that use the HTTP API); NO_COLOR.\n"
           ".SH FILES\n"
           "/etc/herald/herald.toml, /var/lib/herald, /var/lib/herald/token\n";
}

}  // namespace herald::cli
