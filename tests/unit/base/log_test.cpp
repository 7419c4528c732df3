// tests/unit/base/log_test.cpp: lines on standard error, before and after log_start().
#include "base/log.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/text.h"

namespace herald::base::log_test {
namespace {

/// Standard error goes to a file while this lives.
class Captured {
public:
    Captured() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
        REQUIRE(file_ != nullptr);
        dup2(fileno(file_), STDERR_FILENO);
    }
    ~Captured() {
        log_flush();
        restore();
        std::fclose(file_);
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    /// All lines written so far.
    std::vector<std::string> lines() {
        log_flush();
        std::vector<std::string> result(1);
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
            if (c == '\n') {
                result.emplace_back();
            } else {
                result.back() += static_cast<char>(c);
            }
        }
        CHECK(result.back().empty());  // every line is ended
        result.pop_back();
        return result;
    }

private:
    void restore() {
        dup2(saved_, STDERR_FILENO);
        close(saved_);
    }

    std::FILE* file_;
    int saved_;
};

/// Without the time it begins with, which must be one.
std::string without_stamp(const std::string& line) {
    const Split split = split_once(line, ' ');
    CHECK(split.before.substr(0, 5) == "time=");
    CHECK(split.before.size() == 5 + 24);
    CHECK(from_rfc3339(split.before.substr(5)));
    return std::string(split.after);
}

std::vector<std::string> logged(std::initializer_list<LogField> fields) {
    Captured captured;
    log_error("test.value", fields);
    std::vector<std::string> lines = captured.lines();
    for (std::string& line : lines) line = without_stamp(line);
    return lines;
}

void check_levels() {
    Captured captured;
    log_level(LogLevel::warning);
    log_debug("a.b");
    log_info("a.b");
    log_warning("c.d", {{"n", 1}});
    log_error("e.f", {{"text", "x"}, {"big", std::uint64_t{18446744073709551615U}}, {"neg", -5}});
    log(LogLevel::off, "g.h", {});

    const std::vector<std::string> lines = captured.lines();
    REQUIRE(lines.size() == 2);
    CHECK(without_stamp(lines[0]) == "level=warning event=c.d n=1");
    CHECK(without_stamp(lines[1]) ==
          "level=error event=e.f text=x big=18446744073709551615 neg=-5");
}

}  // namespace

TEST_CASE("log levels select lines, before log_start and after it") {
    check_levels();
    log_start(LogLevel::warning);
    check_levels();

    CHECK_FALSE(log_enabled(LogLevel::info));
    log_level(LogLevel::debug);
    CHECK(log_enabled(LogLevel::debug));
    CHECK_FALSE(log_enabled(LogLevel::off));
    log_level(LogLevel::off);
    CHECK_FALSE(log_enabled(LogLevel::error));
    log_start(LogLevel::warning);
    CHECK(log_enabled(LogLevel::warning));
}

TEST_CASE("log values that could break a line or pass for another key are quoted and escaped") {
    using Lines = std::vector<std::string>;
    CHECK(logged({{"v", "plain:1;x=y@h"}}) ==
          Lines{"level=error event=test.value v=plain:1;x=y@h"});
    CHECK(logged({{"v", "two words"}}) == Lines{R"(level=error event=test.value v="two words")"});
    CHECK(logged({{"v", ""}}) == Lines{R"(level=error event=test.value v="")"});
    CHECK(logged({{"v", "say \"x\""}}) == Lines{R"(level=error event=test.value v="say \"x\"")"});
    CHECK(logged({{"v", "a\r\n2026 error fake.event"}}) ==
          Lines{R"(level=error event=test.value v="a\r\n2026 error fake.event")"});
    CHECK(logged({{"v", std::string_view("\0\t\x1b[31m\x7f\\", 9)}}) ==
          Lines{R"(level=error event=test.value v="\x00\t\x1b[31m\x7f\\")"});
    CHECK(logged({{"v", "Jürgen"}}) == Lines{"level=error event=test.value v=Jürgen"});
    CHECK(logged({{"v", "a\xff"}}) == Lines{R"(level=error event=test.value v="a\xff")"});
    // Braces are text, not a format.
    CHECK(logged({{"v", "{}{0}%s"}}) == Lines{"level=error event=test.value v={}{0}%s"});
}

TEST_CASE("log values are cut at 200 bytes, between characters") {
    using Lines = std::vector<std::string>;
    const std::string full(200, 'a');
    CHECK(logged({{"v", full}}) == Lines{"level=error event=test.value v=" + full});
    CHECK(logged({{"v", full + "b"}}) ==
          Lines{"level=error event=test.value v=\"" + full + "...\""});
    CHECK(logged({{"v", full.substr(1) + "ü!"}}) ==
          Lines{"level=error event=test.value v=\"" + full.substr(1) + "...\""});
    CHECK(logged({{"v", std::string(300, '\x80')}}).front().size() < 900);
}

TEST_CASE("log values show nothing in another order than it is in") {
    using Lines = std::vector<std::string>;
    CHECK(logged({{"v",
                   "a\xe2\x80\xae"
                   "b"}}) == Lines{R"(level=error event=test.value v="a\xe2\x80\xaeb")"});
    CHECK(logged({{"v",
                   "\xc2\x9b"
                   "31m"}}) == Lines{R"(level=error event=test.value v="\xc2\x9b31m")"});
}

TEST_CASE("as JSON a log line is one object, whatever its values hold") {
    Captured captured;
    log_start(LogLevel::warning, LogFormat::json);
    log_error("test.value", {{"n", -5}, {"text", "say \"x\"\n\x1b"}, {"turned", "a\xe2\x80\xae"}});
    log_error("test.bytes", {{"v", "a\xff"}});
    const auto lines = captured.lines();
    log_start(LogLevel::warning);

    REQUIRE(lines.size() == 2);
    CHECK(lines[0].substr(0, 9) == R"({"time":")");
    CHECK(from_rfc3339(std::string_view(lines[0]).substr(9, 24)));
    CHECK(lines[0].substr(33) ==
          R"(","level":"error","event":"test.value","n":-5,"text":"say \"x\"\u000a\u001b",)"
          R"("turned":"a\u202e"})");
    CHECK(lines[1].substr(33) == R"(","level":"error","event":"test.bytes","v":"a?"})");
}

TEST_CASE("where the journal reads it, a log line begins with its priority") {
    Captured captured;
    struct stat status {};
    REQUIRE(fstat(STDERR_FILENO, &status) == 0);
    const auto stream = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
    setenv("JOURNAL_STREAM", stream.c_str(), 1);
    log_start(LogLevel::info);
    log_info("a.b");
    log_warning("c.d");
    log_error("e.f");
    const auto lines = captured.lines();
    unsetenv("JOURNAL_STREAM");
    log_start(LogLevel::warning);

    REQUIRE(lines.size() == 3);
    CHECK(lines[0].substr(0, 8) == "<6>time=");
    CHECK(lines[1].substr(0, 8) == "<4>time=");
    CHECK(lines[2].substr(0, 8) == "<3>time=");
}

TEST_CASE("log lines of several threads are all written whole") {
    log_start(LogLevel::info);
    Captured captured;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([] {
            for (int i = 0; i < 500; ++i) log_info("thread.line", {{"i", i}});
        });
    }
    for (std::thread& thread : threads) thread.join();

    const std::vector<std::string> lines = captured.lines();

    CHECK(lines.size() == 2000);
    for (const std::string& line : lines) {
        REQUIRE(istarts_with(without_stamp(line), "level=info event=thread.line i="));
    }
    log_level(LogLevel::warning);
}

TEST_CASE("a log queue that is full drops the oldest lines, counts them and says so") {
    log_start(LogLevel::info);
    const std::uint64_t before = log_dropped();
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    // The pipe holds 64 KiB and nobody reads: the writer stands still and the queue overflows.
    const std::string text(200, 'x');
    for (int i = 0; i < 20'000; ++i) log_info("queue.line", {{"i", i}, {"text", text}});
    const std::uint64_t dropped = log_dropped() - before;
    CHECK(dropped > 0);
    close(ends[1]);

    std::string all;
    std::thread reader([&] {
        char bytes[65536];
        for (ssize_t size = read(ends[0], bytes, sizeof bytes); size > 0;
             size = read(ends[0], bytes, sizeof bytes)) {
            all.append(bytes, static_cast<std::size_t>(size));
        }
    });
    log_flush();
    dup2(saved, STDERR_FILENO);  // the last writer of the pipe: the reader ends
    reader.join();
    close(ends[0]);
    close(saved);

    CHECK(all.find("i=19999 ") != std::string::npos);
    CHECK(all.find(" level=warning event=log.overrun dropped=") != std::string::npos);
    log_level(LogLevel::warning);
}

}  // namespace herald::base::log_test
