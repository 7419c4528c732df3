// tests/conformance/live_process.cpp: one `herald serve`, a process of its own in a folder of its
// own.
#include "tests/conformance/live_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/places.h"

namespace herald::conformance {

namespace {

/// A sanitized server on a busy machine starts and stops slowly.
constexpr auto kPatience = std::chrono::seconds(60);
constexpr std::size_t kLogTail = 6000;

/// In the child: becomes the server. Only async-signal-safe calls.
[[noreturn]] void become_server(const char* binary, const char* config, const char* folder,
                                int output, int log) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    if (::chdir(folder) == 0) {
        ::execl(binary, "herald", "serve", "--config", config, static_cast<char*>(nullptr));
    }
    ::_exit(127);
}

}  // namespace

LiveProcess::LiveProcess(std::string binary)
    : binary_(std::move(binary)), folder_(testing::make_folder("live")) {}

LiveProcess::~LiveProcess() {
    kill();
    std::error_code ignored;
    if (!folder_.empty() && !std::getenv("HERALD_KEEP"))
        std::filesystem::remove_all(folder_, ignored);
}

Status LiveProcess::start(const std::string& toml) {
    if (folder_.empty()) return Fault{FaultKind::io, "no folder can be made"};
    const std::string config = folder_ + "/herald.toml";
    const std::string log_path = folder_ + "/log";
    if (!(std::ofstream(config) << toml).flush()) return fault(FaultKind::io, "cannot write");

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fault(FaultKind::io, std::strerror(errno));
    sip::Socket input(ends[1]);
    output_ = sip::Socket(ends[0]);
    said_.clear();
    const sip::Socket log(
        ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!log) return fault(FaultKind::io, std::strerror(errno));
    ::fcntl(output_.fd(), F_SETFL, O_NONBLOCK);

    pid_ = ::fork();
    if (pid_ < 0) return fault(FaultKind::io, std::strerror(errno));
    if (pid_ == 0) {
        become_server(binary_.c_str(), config.c_str(), folder_.c_str(), input.fd(), log.fd());
    }
    // The pipe ends when the process does.
    input = sip::Socket();
    if (await_output("is ready.")) return {};
    const bool is_late = read_output();
    kill();
    return fault(is_late ? FaultKind::timeout : FaultKind::io, "the server did not start");
}

Status LiveProcess::stop() {
    if (!is_running()) return fault(FaultKind::io, "the server ended by itself");
    ::kill(pid_, SIGTERM);
    // Nothing it says is this: it is waited for until it is gone.
    await_output("\xff");
    if (read_output()) {
        kill();
        return fault(FaultKind::timeout, "the server did not stop");
    }
    const int code = wait();
    if (code == 0) return {};
    return fault(FaultKind::io, "the server ended with " + std::to_string(code));
}

void LiveProcess::kill() {
    if (!is_running()) return;
    ::kill(pid_, SIGKILL);
    wait();
}

/// The exit code, or the negative number of the signal.
int LiveProcess::wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool LiveProcess::read_output() {
    std::array<char, 4096> buffer;
    for (;;) {
        const auto size = ::read(output_.fd(), buffer.data(), buffer.size());
        if (size == 0) return false;
        if (size < 0 && errno != EINTR) return errno == EAGAIN;
        if (size > 0) said_.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

/// False: the process ended without saying `text`, or took too long.
bool LiveProcess::await_output(std::string_view text) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        const bool goes_on = read_output();
        if (said_.find(text) != std::string::npos) return true;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (!goes_on || left.count() <= 0) return false;
        pollfd readable{.fd = output_.fd(), .events = POLLIN, .revents = 0};
        ::poll(&readable, 1, static_cast<int>(left.count()));
    }
}

Fault LiveProcess::fault(FaultKind kind, std::string why) const {
    std::stringstream log;
    log << std::ifstream(folder_ + "/log").rdbuf();
    auto text = log.str();
    if (text.size() > kLogTail) text.erase(0, text.size() - kLogTail);
    return {kind, why + "\n" + said_ + text};
}

}  // namespace herald::conformance
