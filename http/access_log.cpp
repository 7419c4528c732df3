// http/access_log.cpp: a line of the log for each request that was answered over HTTP.
#include "http/access_log.h"

#include <string>

#include "base/log.h"
#include "base/text.h"
#include "http/target.h"

namespace herald::http {

namespace {

base::LogLevel level_of(const Request& request, int status) {
    const bool is_read =
        request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
    return is_read && status < 400 ? base::LogLevel::debug : base::LogLevel::info;
}

/// As people read it; as it came where it cannot be decoded.
std::string readable_path(const std::string& target) {
    const auto parsed = parse_target(target);
    if (!parsed) return target;
    std::string path;
    for (const auto& part : parsed->parts) (path += '/') += part;
    return path;
}

}  // namespace

void AccessLog::note(const Request& request, const sip::Endpoint& peer, const Answer& answer,
                     base::Instant now) {
    const auto level = level_of(request, answer.status);
    if (!base::log_enabled(level)) return;
    const bool is_refused = answer.status >= 400;
    if (is_refused && !refused_.takes(peer.host(), now)) return;
    base::log(level, "http.answered",
              {{"method", request.method},
               {"path", readable_path(request.target)},
               {"query", base::split_once(request.target, '?').after},
               {"status", answer.status},
               {"token", answer.actor},
               {"client", answer.client.empty() ? peer.host() : answer.client},
               {"peer", peer.to_string()},
               {"untold", is_refused ? refused_.take_untold() : 0}});
}

}  // namespace herald::http
