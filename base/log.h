// base/log.h: one line per event, `noun.verb key=value`; never on the per-NOTIFY path.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace herald::base {

enum class LogLevel : unsigned char { debug, info, warning, error, off };
/// How a line is written: `time=... level=info event=noun.verb key=value`, or the same as JSON.
enum class LogFormat : unsigned char { logfmt, json };

/// One key=value of a log line. Values are quoted and escaped where they hold blanks, quotes or
/// control characters.
struct LogField {
    std::string_view key;
    std::string value;
    bool is_number = false;

    LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
    LogField(std::string_view k, const char* v) : key(k), value(v) {}
    LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
    LogField(std::string_view k, std::int64_t v)
        : key(k), value(std::to_string(v)), is_number(true) {}
    LogField(std::string_view k, std::uint64_t v)
        : key(k), value(std::to_string(v)), is_number(true) {}
    LogField(std::string_view k, int v) : key(k), value(std::to_string(v)), is_number(true) {}
    LogField(std::string_view k, unsigned v) : key(k), value(std::to_string(v)), is_number(true) {}
};

/// Lines go to standard error: `time=2026-11-21T12:37:00.123Z level=info event=noun.verb
/// key=value`, a value cut at 200 bytes; where the journal reads it, with the priority in front
/// (sd-daemon(3)). From log_start() on they pass through a queue and a thread of its own; a full
/// queue drops the oldest, counts and tells. Before it, in tools and tests, they are written at
/// once, from level warning. Calling again sets level and format. Any thread, all functions.
void log_start(LogLevel level, LogFormat format = LogFormat::logfmt);
void log_level(LogLevel level) noexcept;
bool log_enabled(LogLevel level) noexcept;
/// Waits, two seconds at most, until what was logged before is written. Happens at exit by itself.
void log_flush();
/// Lines lost to a full queue since the start.
std::uint64_t log_dropped() noexcept;

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
inline void log_debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    if (log_enabled(LogLevel::debug)) log(LogLevel::debug, event, fields);
}
inline void log_info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::info, event, fields);
}
inline void log_warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::warning, event, fields);
}
inline void log_error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::error, event, fields);
}

}  // namespace herald::base
