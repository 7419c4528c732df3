// cli/pages.h: what is made of the table of commands for shells and for man(1).
#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace herald::cli {

/// The last part of the path this program was called by.
std::string program_name();
/// `text` of a page, whose examples call the program herald, with the name it has.
std::string in_own_name(std::string text);

/// A script for bash that completes commands, options, and values where only some are allowed.
std::string bash_completion(std::span<const Command> all);

/// The page of section 1, in the macros of man(7), every command in it.
std::string manual_page(std::span<const Command> all);

}  // namespace herald::cli
