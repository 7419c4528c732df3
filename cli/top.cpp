// cli/top.cpp: `herald top`: what a server is doing, again and again: a screen on a terminal, a
// line each time elsewhere.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/metrics_text.h"
#include "cli/terminal.h"
#include "cli/top_figures.h"

namespace herald::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array kEndings{SIGINT, SIGTERM, SIGHUP};

/// Its own screen without a cursor, and what brings the old one back.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[2J";
constexpr std::string_view kLeave = "\033[?25h\033[?1049l";

volatile std::sig_atomic_t is_ended = 0;
volatile std::sig_atomic_t has_screen = 0;
termios before_us{};

void put(std::string_view text) {
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
}

/// Only what a signal handler may do.
void leave_screen() {
    if (has_screen == 0) return;
    has_screen = 0;
    put(kLeave);
    tcsetattr(STDIN_FILENO, TCSANOW, &before_us);
}

/// The first one lets the look that is under way end, the second one does not wait for it.
void end(int signal) {
    if (is_ended != 0) {
        leave_screen();
        _exit(128 + signal);
    }
    is_ended = 1;
}

/// Signals that end the command go to end().
void take_endings() {
    struct sigaction action {};
    action.sa_handler = end;
    sigemptyset(&action.sa_mask);
    for (const int signal : kEndings) sigaction(signal, &action, nullptr);
}

/// The terminal as a screen, read key by key; as it was when this ends.
class TerminalScreen {
public:
    TerminalScreen() {
        if (tcgetattr(STDIN_FILENO, &before_us) == 0) {
            termios ours = before_us;
            ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            // A stopped command would leave its screen to the shell.
            ours.c_cc[VSUSP] = _POSIX_VDISABLE;
            tcsetattr(STDIN_FILENO, TCSANOW, &ours);
        }
        has_screen = 1;
        put(kEnter);
    }
    ~TerminalScreen() { leave_screen(); }
    TerminalScreen(const TerminalScreen&) = delete;
    TerminalScreen& operator=(const TerminalScreen&) = delete;

    static Canvas canvas() {
        Canvas canvas;
        winsize size{};
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
            canvas.columns = size.ws_col;
            canvas.rows = size.ws_row;
        }
        canvas.has_colours = wants_colours();
        return canvas;
    }
    /// Over what was there.
    static void show(const std::vector<std::string>& lines) {
        std::string frame = "\033[H";
        for (std::size_t i = 0; i < lines.size(); ++i) {
            frame += (i == 0 ? "" : "\r\n") + lines[i] + "\033[K";
        }
        put(frame + "\033[J");
    }
};

/// Waits until `until`; false: somebody wants it to end. `has_keys`: q does.
bool wait(Clock::time_point until, bool has_keys) {
    while (is_ended == 0) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0) return true;
        // Short, for a signal that came before poll() did.
        constexpr std::int64_t kLongest = 200;
        pollfd keys{has_keys ? STDIN_FILENO : -1, POLLIN, 0};
        const int ready = ::poll(&keys, 1, static_cast<int>(std::min(left, kLongest)));
        if (ready <= 0 || keys.revents == 0) continue;
        char key = 0;
        const auto read = ::read(STDIN_FILENO, &key, 1);
        if (read <= 0 && errno != EINTR) has_keys = false;
        if (read == 1 && (key == 'q' || key == 'Q')) return false;
    }
    return false;
}

/// One scrape, and when it was.
struct Look {
    MetricsText metrics;
    Clock::time_point at;
};

Result<Look> look(const ApiClient& api) {
    const auto text = api.call("GET", "/metrics");
    if (!text) return text.fault();
    return Look{MetricsText(*text), Clock::now()};
}

/// How figures are shown.
enum class Manner : std::uint8_t { screen, lines, json };

/// False: nobody reads any more.
bool show(const TopFigures& figures, Manner manner) {
    switch (manner) {
        case Manner::screen:
            TerminalScreen::show(screen_of(figures, TerminalScreen::canvas()));
            return true;
        case Manner::lines:
            return print_line(line_of(figures));
        case Manner::json:
            return print_line(json_of(figures));
    }
    return false;
}

/// Until it has looked `count` times, or somebody ends it. On a screen a server that does not
/// answer is waited for.
int watch(const ApiClient& api, Manner manner, std::chrono::seconds pause, std::uint32_t count) {
    std::optional<Look> before;
    for (std::uint32_t shown = 0;;) {
        auto now = look(api);
        if (!now && manner != Manner::screen)
            return is_ended != 0 ? kOk : report_api_fault("top", now.fault());
        if (!now) TerminalScreen::show({printable("no answer: " + now.fault().detail)});
        if (now && before) {
            const std::chrono::duration<double> took = now->at - before->at;
            const auto figures = figures_between(before->metrics, now->metrics, took.count());
            if (!show(figures, manner)) return kFailed;
            if (++shown == count) return kOk;
        }
        if (now) before = *std::move(now);
        if (!wait(Clock::now() + pause, manner == Manner::screen)) return kOk;
    }
}

int run_top(const Arguments& arguments) {
    const Result<ApiClient> api = ApiClient::from(arguments);
    if (!api) {
        print_error("top", api.fault().detail);
        return kMisuse;
    }
    const auto pause = std::chrono::seconds(arguments.number_or("interval", 1));
    const auto count = arguments.number_or("count", 0);
    take_endings();
    if (arguments.has("json")) return watch(*api, Manner::json, pause, count);
    if (!can_redraw(STDOUT_FILENO)) return watch(*api, Manner::lines, pause, count);
    // What cannot be shown at all is told where it stays.
    if (const auto first = look(*api); !first) return report_api_fault("top", first.fault());
    const TerminalScreen screen;
    return watch(*api, Manner::screen, pause, count);
}

}  // namespace

Command top_command() {
    using Kind = Option::Kind;
    static const std::string help =
        "Shows what a server is doing, each second: subscriptions by package and state,\n"
        "what comes and goes, what is refused, how long things take. It ends with q or\n"
        "Ctrl-C. Where the output is no terminal, or a dumb one, it is a line each time.\n"
        "\n"
        "  herald top\n"
        "  herald top --interval 10 --json | tee load.json\n"
        "\n"
        "Rates are those since the look before. No token is needed for that.\n";
    return {.name = "top",
            .summary = "what a server is doing, as it does it",
            .syntax = {.options = with_api_options({
                           {.name = "interval",
                            .kind = Kind::number,
                            .value = "SECONDS",
                            .help = "between two looks (1)",
                            .least = 1,
                            .most = 3600},
                           {.name = "count",
                            .kind = Kind::number,
                            .value = "N",
                            .help = "end after so many",
                            .least = 1},
                           {.name = "json", .help = "an object each time"},
                       })},
            .help = help,
            .run = run_top};
}

}  // namespace herald::cli
