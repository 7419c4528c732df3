// server/message/proxy_load.cpp: how much the proxy for other domains wants held back (RFC 7339).
#include "server/message/proxy_load.h"

#include <charconv>
#include <string>

#include "sip/overload_control.h"

namespace herald::server {

namespace {

double number_in(const std::string& text) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

void ProxyLoad::learn(std::string_view via, base::Instant now) {
    const auto report = sip::read_report(via);
    if (!report) return;
    const double sequence = number_in(report->sequence);
    if (sequence < sequence_ && now < until_) return;
    sequence_ = sequence;
    percent_ = report->percent;
    until_ = now + report->validity;
}

bool ProxyLoad::holds_back(base::Instant now) {
    if (now >= until_) return false;
    lot_ = lot_ * 6364136223846793005U + 1442695040888963407U;
    return (lot_ >> 33) % 100 < percent_;
}

}  // namespace herald::server
