// base/log.cpp: log lines to standard error, through spdlog's queue once log_start() was called.
#include "base/log.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>

#include <sys/stat.h>
#include <unistd.h>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include "base/text.h"
#include "base/unseen.h"

namespace herald::base {
namespace {

constexpr std::size_t kQueueLines = 8192;
constexpr std::chrono::seconds kFlushPatience(2);
constexpr std::size_t kLongestValue = 200;  ///< bytes; what is cut ends in three dots

const char* name_of(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
        case LogLevel::off:
            break;
    }
    return "off";
}

/// Three digits of milliseconds always, so that columns align: 2026-11-21T12:37:00.000Z.
std::string stamp(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto since = floor<milliseconds>(time.time_since_epoch()).count();
    std::string text = to_rfc3339(since);
    if (since % 1000 == 0) text.insert(text.size() - 1, ".000");
    return text;
}

/// The first character of `text`, which is UTF-8.
std::string_view first_character(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    return text.substr(0, lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4);
}

bool is_plain(std::string_view value) noexcept {
    if (value.empty() || !is_utf8(value)) return false;
    while (!value.empty()) {
        const std::string_view one = first_character(value);
        if (one == " " || one == "\"" || is_unseen(one)) return false;
        value.remove_prefix(one.size());
    }
    return true;
}

void append_escaped(std::string& line, std::string_view character) {
    if (character == "\"" || character == "\\") {
        (line += '\\') += character;
    } else if (character == "\n") {
        line += "\\n";
    } else if (character == "\r") {
        line += "\\r";
    } else if (character == "\t") {
        line += "\\t";
    } else if (is_unseen(character) || !is_utf8(character)) {
        for (const char byte : character) (line += "\\x") += to_hex({&byte, 1});
    } else {
        line += character;
    }
}

/// As much of `value` as a line has room for, no character divided.
std::string_view cut(std::string_view value) noexcept {
    std::size_t end = kLongestValue;
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80) --end;
    return value.substr(0, end == 0 ? kLongestValue : end);
}

/// One event stays one line, no value can pass for another key, and none is longer than a line.
void append_value(std::string& line, std::string_view value) {
    const bool is_cut = value.size() > kLongestValue;
    if (is_cut) value = cut(value);
    if (!is_cut && is_plain(value)) {
        line += value;
        return;
    }
    const bool is_text = is_utf8(value);
    line += '"';
    while (!value.empty()) {
        const std::string_view one = is_text ? first_character(value) : value.substr(0, 1);
        append_escaped(line, one);
        value.remove_prefix(one.size());
    }
    line += is_cut ? "...\"" : "\"";
}

/// Of a character of two bytes or more, which is UTF-8.
std::uint32_t code_point(std::string_view character) noexcept {
    const auto lead = static_cast<unsigned char>(character.front());
    std::uint32_t code = lead & (0x7FU >> character.size());
    for (const char byte : character.substr(1))
        code = code << 6 | (static_cast<unsigned char>(byte) & 0x3FU);
    return code;
}

void append_unicode_escape(std::string& line, std::uint32_t unit) {
    const char bytes[] = {static_cast<char>(unit >> 8), static_cast<char>(unit)};
    (line += "\\u") += to_hex({bytes, 2});
}

void append_json_character(std::string& line, std::string_view character) {
    if (character == "\"" || character == "\\") {
        (line += '\\') += character;
    } else if (!is_unseen(character)) {
        line += character;
    } else if (character.size() == 1) {
        append_unicode_escape(line, static_cast<unsigned char>(character.front()));
    } else if (const auto code = code_point(character); code < 0x10000) {
        append_unicode_escape(line, code);
    } else {
        append_unicode_escape(line, 0xD800 + ((code - 0x10000) >> 10));
        append_unicode_escape(line, 0xDC00 + ((code - 0x10000) & 0x3FFU));
    }
}

/// What is no UTF-8 becomes a question mark for each byte.
void append_json_text(std::string& line, std::string_view value) {
    const bool is_cut = value.size() > kLongestValue;
    if (is_cut) value = cut(value);
    const bool is_text = is_utf8(value);
    line += '"';
    while (!value.empty()) {
        const std::string_view one = is_text ? first_character(value) : value.substr(0, 1);
        const bool is_strange = !is_text && static_cast<unsigned char>(one.front()) >= 0x80;
        append_json_character(line, is_strange ? "?" : one);
        value.remove_prefix(one.size());
    }
    line += is_cut ? "...\"" : "\"";
}

struct Line {
    std::chrono::system_clock::time_point time;
    LogLevel level;
    std::string_view event;
    std::initializer_list<LogField> fields;
};

std::string as_logfmt(const Line& line) {
    std::string text = "time=" + stamp(line.time) + " level=" + name_of(line.level) + " event=";
    text += line.event;
    for (const LogField& field : line.fields) {
        text += ' ';
        text += field.key;
        text += '=';
        append_value(text, field.value);
    }
    return text;
}

std::string as_json(const Line& line) {
    std::string text = "{\"time\":\"" + stamp(line.time) + "\",\"level\":\"";
    ((text += name_of(line.level)) += "\",\"event\":") += '"';
    (text += line.event) += '"';
    for (const LogField& field : line.fields) {
        ((text += ",\"") += field.key) += "\":";
        if (field.is_number) {
            text += field.value;
        } else {
            append_json_text(text, field.value);
        }
    }
    return text += '}';
}

/// What the journal takes off the front of a line (sd-daemon(3)).
const char* priority_of(LogLevel level) noexcept {
    constexpr const char* kPriorities[] = {"<7>", "<6>", "<4>", "<3>", "<7>"};
    return kPriorities[static_cast<std::size_t>(level)];
}

/// Whether standard error is what $JOURNAL_STREAM names: "device:inode".
bool is_read_by_journal() {
    const char* const named = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (named == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    return named == std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
}

std::atomic<LogFormat> chosen_format{LogFormat::logfmt};
std::atomic<bool> has_priorities{false};

/// Without its end.
std::string compose(const Line& line) {
    std::string text = chosen_format.load(std::memory_order_relaxed) == LogFormat::json
                           ? as_json(line)
                           : as_logfmt(line);
    if (has_priorities.load(std::memory_order_relaxed)) text.insert(0, priority_of(line.level));
    return text;
}

/// One write a line, so that lines of several processes on one terminal do not mix.
void write_line(std::string_view text) {
    std::string line(text);
    line += '\n';
    for (std::string_view rest = line; !rest.empty();) {
        const ssize_t written = write(STDERR_FILENO, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // nowhere left to complain
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// Standard error at the far end of the queue. Reports what the queue lost, and when a flush has
/// come through.
class ErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    void watch(std::weak_ptr<spdlog::details::thread_pool> pool) {
        const std::lock_guard lock(mutex_);
        pool_ = std::move(pool);
    }

    std::uint64_t flushes() {
        const std::lock_guard lock(flush_mutex_);
        return flushes_;
    }

    void await_flush_after(std::uint64_t seen) {
        std::unique_lock lock(flush_mutex_);
        flushed_.wait_for(lock, kFlushPatience, [&] { return flushes_ > seen; });
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        report_drops(message.time);
        write_line({message.payload.data(), message.payload.size()});
    }

    void flush_() override {
        {
            const std::lock_guard lock(flush_mutex_);
            ++flushes_;
        }
        flushed_.notify_all();
    }

private:
    void report_drops(std::chrono::system_clock::time_point time) {
        const auto pool = pool_.lock();
        const std::size_t dropped = pool ? pool->overrun_counter() : 0;
        if (dropped == reported_) return;
        write_line(compose({time,
                            LogLevel::warning,
                            "log.overrun",
                            {{"dropped", std::uint64_t{dropped - reported_}}}}));
        reported_ = dropped;
    }

    std::weak_ptr<spdlog::details::thread_pool> pool_;
    std::size_t reported_ = 0;
    std::mutex flush_mutex_;
    std::condition_variable flushed_;
    std::uint64_t flushes_ = 0;
};

/// The queue, its thread and the logger that feeds it.
struct Backend {
    std::shared_ptr<ErrorSink> sink = std::make_shared<ErrorSink>();
    std::shared_ptr<spdlog::details::thread_pool> pool =
        std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
    std::shared_ptr<spdlog::async_logger> logger = std::make_shared<spdlog::async_logger>(
        "herald", sink, pool, spdlog::async_overflow_policy::overrun_oldest);

    Backend() {
        sink->watch(pool);
        logger->set_level(spdlog::level::trace);  // lines were chosen before they come here
    }
};

std::atomic<LogLevel> threshold{LogLevel::warning};
/// Never destroyed: static destructors and late threads may still log.
std::atomic<Backend*> backend{nullptr};

}  // namespace

void log_start(LogLevel level, LogFormat format) {
    log_level(level);
    chosen_format.store(format, std::memory_order_relaxed);
    has_priorities.store(is_read_by_journal(), std::memory_order_relaxed);
    static std::once_flag once;
    std::call_once(once, [] {
        backend.store(new Backend, std::memory_order_release);
        static_cast<void>(std::atexit(log_flush));
    });
}

void log_level(LogLevel level) noexcept {
    threshold.store(level, std::memory_order_relaxed);
}

bool log_enabled(LogLevel level) noexcept {
    return level >= threshold.load(std::memory_order_relaxed) && level != LogLevel::off;
}

void log_flush() {
    Backend* const to = backend.load(std::memory_order_acquire);
    if (to == nullptr) return;
    // One at a time: the next flush that comes through is ours.
    static std::mutex turn;
    const std::lock_guard lock(turn);
    const std::uint64_t seen = to->sink->flushes();
    to->logger->flush();
    to->sink->await_flush_after(seen);
}

std::uint64_t log_dropped() noexcept {
    Backend* const from = backend.load(std::memory_order_acquire);
    return from == nullptr ? 0 : from->pool->overrun_counter();
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!log_enabled(level)) return;
    const std::string line = compose({std::chrono::system_clock::now(), level, event, fields});
    Backend* const to = backend.load(std::memory_order_acquire);
    if (to == nullptr) return write_line(line);
    to->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace herald::base
