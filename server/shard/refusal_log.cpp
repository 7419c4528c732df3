// server/shard/refusal_log.cpp: requests that were refused: a line of the log, and a count by
// method and status.
#include "server/shard/refusal_log.h"

#include <string>
#include <string_view>

#include "base/log.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

bool is_challenge(int status) noexcept {
    return status == 401 || status == 407;
}

std::string_view method_of(sip::Method method) noexcept {
    return method == sip::Method::unknown ? std::string_view("other") : sip::name_of(method);
}

/// The URI in a From or To, without its parameters; as it came where it cannot be read.
std::string_view uri_in(std::string_view value) {
    const auto address = sip::parse_name_address(value);
    return address ? std::string_view(address->uri) : value;
}

}  // namespace

void RefusalLog::count(sip::Method method, int status) {
    auto& counter = counted_[{method, status}];
    if (counter == nullptr) {
        counter = &metrics_.counter(
            "herald_sip_refusals_total", "Requests refused",
            {{"method", std::string(method_of(method))}, {"status", std::to_string(status)}});
    }
    counter->add();
}

void RefusalLog::note(const sip::Message& request, const sip::Flow& flow,
                      const sip::Answer& answer) {
    count(request.method(), answer.status);
    const auto level = is_challenge(answer.status) ? base::LogLevel::debug : base::LogLevel::info;
    if (!base::log_enabled(level)) return;
    if (level == base::LogLevel::info && !lines_.takes(flow.peer.host(), clock_.now())) return;
    base::log(level, "request.refused",
              {{"method", method_of(request.method())},
               {"status", answer.status},
               {"why", answer.reason},
               {"from", uri_in(request.from())},
               {"to", uri_in(request.to())},
               {"peer", flow.peer.to_string()},
               {"call_id", request.call_id()},
               {"untold", level == base::LogLevel::info ? lines_.take_untold() : 0}});
}

}  // namespace herald::server
