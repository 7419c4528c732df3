// sip/tls_failures.cpp: handshakes that came to nothing.
#include "sip/tls_failures.h"

#include "base/log.h"

namespace herald::sip {
namespace {

constexpr base::Duration kTold = std::chrono::hours(1);
constexpr std::size_t kMostTold = 256;

const char* failure_reason(const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::forbidden:
            return "certificate";
        case FaultKind::timeout:
            return "timeout";
        default:
            return "protocol";
    }
}

}  // namespace

TlsFailures::TlsFailures(base::Metrics& metrics) : metrics_(metrics) {}

void TlsFailures::note(const Endpoint& peer, std::string_view domain, const Fault& fault,
                       base::Instant now) {
    metrics_
        .counter("herald_tls_failures_total", "TLS connections that were closed for a fault",
                 {{"reason", failure_reason(fault)}, {"direction", domain.empty() ? "in" : "out"}})
        .add();
    if (!is_news(peer, now)) return;
    base::log_warning("tls.refused", {{"peer", peer.to_string()},
                                      {"domain", domain.empty() ? std::string_view("-") : domain},
                                      {"why", fault.detail}});
}

bool TlsFailures::is_news(const Endpoint& peer, base::Instant now) {
    if (now - since_ >= kTold) {
        told_.clear();
        since_ = now;
    }
    return told_.size() < kMostTold && told_.insert(peer.site_hash(seed_)).second;
}

}  // namespace herald::sip
