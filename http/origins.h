// http/origins.h: which pages of other sites may use the API from a browser (Fetch 3.2, CORS).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/exchange.h"

namespace herald::http {

/// Any thread.
class Origins {
public:
    /// "https://example.com"; none: no page may.
    explicit Origins(std::vector<std::string> allowed = {}) : allowed_(std::move(allowed)) {}

    /// Whether `request` asks on behalf of a page whether it may send something.
    bool is_preflight(const Request& request) const;
    /// Says in `answer` that the page of `request` may read it, if it may.
    void permit(const Request& request, Answer& answer) const;
    /// Whether pages of this origin may.
    bool knows(const std::string& origin) const;

private:
    std::vector<std::string> allowed_;
};

}  // namespace herald::http
