// tests/support/captured_log.h: what is logged while this lives, at level info and above.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include "base/log.h"

namespace herald::test {

class CapturedLog {
public:
    CapturedLog() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
        REQUIRE(file_ != nullptr);
        dup2(fileno(file_), STDERR_FILENO);
        base::log_level(base::LogLevel::info);
    }
    ~CapturedLog() {
        base::log_level(base::LogLevel::warning);
        base::log_flush();
        dup2(saved_, STDERR_FILENO);
        close(saved_);
        std::fclose(file_);
    }
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;

    /// Those of `event`, from the event's name on.
    std::vector<std::string> of(const std::string& event) {
        base::log_flush();
        std::vector<std::string> found;
        std::rewind(file_);
        std::string line;
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
            if (c != '\n') {
                line += static_cast<char>(c);
                continue;
            }
            const auto at = line.find("event=" + event + " ");
            if (at != std::string::npos) found.push_back(line.substr(at + 6));
            line.clear();
        }
        return found;
    }

private:
    std::FILE* file_;
    int saved_;
};

}  // namespace herald::test
