// cli/terminal.h: what differs between a person's terminal and a pipe: colours, progress, prompts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/task.h"

namespace herald::cli {

enum class Colour : unsigned char { none, green, red, yellow, dim, bold };

/// Whether what is written to `fd` may be written over: a terminal, and not a dumb one.
bool can_redraw(int fd);
/// Colours for standard output where it is a terminal, not a dumb one, and NO_COLOR is not set.
bool wants_colours();
/// `text` in `colour`, or as it is.
std::string coloured(std::string_view text, Colour colour, bool is_wanted);

/// `text` from the network, fit for a terminal: no control characters, valid UTF-8.
std::string printable(std::string_view text);

/// One line on standard output, seen at once by a pipe too. False: nobody reads any more.
bool print_line(std::string_view line);
/// "herald watch: sentence" on standard error.
void print_error(std::string_view command, std::string_view sentence);

/// A line such as "waiting for an answer…" on standard error, only on a terminal, gone when there
/// is something to say.
class Progress {
public:
    ~Progress() { clear(); }
    /// Shows `text` if nothing else is shown within a second of `loop`.
    void announce(base::Loop& loop, std::string text);
    void clear();

private:
    base::Loop* loop_ = nullptr;
    base::TimerId timer_;
    bool is_shown_ = false;
};

/// Asks on the terminal, without showing what is typed. nullopt where there is no terminal.
std::optional<std::string> ask_password(std::string_view prompt);

/// Calls `action` on the loop for each SIGINT and SIGTERM from now on; one per process. A second
/// one ends the process.
class Interrupts {
public:
    Interrupts(base::Loop& loop, base::Task<void()> action);
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

private:
    base::Loop& loop_;
    base::Task<void()> action_;
    int fd_ = -1;
    int count_ = 0;
};

}  // namespace herald::cli
