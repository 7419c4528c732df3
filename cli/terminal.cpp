// cli/terminal.cpp: what differs between a person's terminal and a pipe.
#include "cli/terminal.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "base/unseen.h"

namespace herald::cli {
namespace {

std::string_view escape_of(Colour colour) {
    switch (colour) {
        case Colour::green:
            return "\033[32m";
        case Colour::red:
            return "\033[31m";
        case Colour::yellow:
            return "\033[33m";
        case Colour::dim:
            return "\033[2m";
        case Colour::bold:
            return "\033[1m";
        case Colour::none:
            break;
    }
    return "";
}

/// Bytes of the UTF-8 character `text` begins with; 0 where it begins with none.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
        if (base::is_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

sigset_t interrupt_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

bool can_redraw(int fd) {
    const char* const terminal = std::getenv("TERM");
    const bool is_dumb = terminal && std::string_view(terminal) == "dumb";
    return isatty(fd) == 1 && !is_dumb;
}

bool wants_colours() {
    const char* const refusal = std::getenv("NO_COLOR");
    return can_redraw(STDOUT_FILENO) && (!refusal || *refusal == '\0');
}

std::string coloured(std::string_view text, Colour colour, bool is_wanted) {
    if (!is_wanted || colour == Colour::none) return std::string(text);
    return std::string(escape_of(colour)) + std::string(text) + "\033[0m";
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0) {
            out += "\xef\xbf\xbd";
        } else {
            out += base::is_unseen(character) ? " " : character;
        }
        text.remove_prefix(character.size());
    }
    return out;
}

bool print_line(std::string_view line) {
    const bool is_written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
                            std::fputc('\n', stdout) != EOF;
    return std::fflush(stdout) == 0 && is_written;
}

void print_error(std::string_view command, std::string_view sentence) {
    const std::string line = "herald " + std::string(command) + ": " + printable(sentence) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void Progress::announce(base::Loop& loop, std::string text) {
    clear();
    if (!can_redraw(STDERR_FILENO)) return;
    loop_ = &loop;
    timer_ = loop.timers().arm(loop.clock().now() + std::chrono::seconds(1),
                               [this, shown = std::move(text)] {
                                   std::fprintf(stderr, "\r%s", shown.c_str());
                                   std::fflush(stderr);
                                   is_shown_ = true;
                               });
}

void Progress::clear() {
    if (loop_) loop_->timers().cancel(timer_);
    if (is_shown_) std::fputs("\r\033[K", stderr);
    is_shown_ = false;
}

std::optional<std::string> ask_password(std::string_view prompt) {
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0) return std::nullopt;
    termios shown{};
    if (tcgetattr(terminal, &shown) != 0) {
        ::close(terminal);
        return std::nullopt;
    }
    termios hidden = shown;
    // Signals may be blocked here, so Ctrl-C is read as what it is.
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    tcsetattr(terminal, TCSAFLUSH, &hidden);
    std::string typed;
    bool has_line = ::write(terminal, prompt.data(), prompt.size()) >= 0;
    for (char c = 0; has_line;) {
        constexpr char kControlC = 3;
        has_line = ::read(terminal, &c, 1) == 1 && c != kControlC;
        if (!has_line || c == '\n') break;
        typed += c;
    }
    tcsetattr(terminal, TCSAFLUSH, &shown);
    [[maybe_unused]] const auto written = ::write(terminal, "\n", 1);
    ::close(terminal);
    if (!has_line) return std::nullopt;
    return typed;
}

Interrupts::Interrupts(base::Loop& loop, base::Task<void()> action)
    : loop_(loop), action_(std::move(action)) {
    const sigset_t signals = interrupt_signals();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    const Status watched = loop_.watch(fd_, EPOLLIN, [this](std::uint32_t) {
        signalfd_siginfo info{};
        while (::read(fd_, &info, sizeof info) == sizeof info) {
            if (++count_ > 1) std::_Exit(128 + static_cast<int>(info.ssi_signo));
            action_();
        }
    });
    // Without the descriptor the signals keep their usual, abrupt effect.
    if (!watched) sigprocmask(SIG_UNBLOCK, &signals, nullptr);
}

Interrupts::~Interrupts() {
    if (fd_ < 0) return;
    loop_.unwatch(fd_);
    ::close(fd_);
    const sigset_t signals = interrupt_signals();
    sigprocmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace herald::cli
