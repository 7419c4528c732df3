// server/core/credit.cpp: how much may be sent to an address that somebody named.
#include "server/core/credit.h"

#include "sip/transport.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostEcho = 8;
constexpr std::size_t kMostEchoOfAnybody = 3;

}  // namespace

std::size_t credit_of(const Identity& who, std::size_t size) noexcept {
    const bool is_proved = !who.is_open && !who.aor.empty();
    if (is_proved || who.is_trusted_peer) return kMostEcho * size;
    return size == 0 ? 0 : kMostEchoOfAnybody * size - 1;
}

bool Credit::is_proven(const sip::Flow& flow) const noexcept {
    return sip::is_reliable(flow.protocol) || sip::same_host(flow.peer, source_) ||
           sip::same_host(flow.peer, answered_);
}

bool Credit::allows(const sip::Flow& flow, std::size_t size) const noexcept {
    return is_proven(flow) || (size <= sip::kMostOnUdp && size <= bytes_);
}

bool Credit::spend(const sip::Flow& flow, std::size_t size) noexcept {
    if (is_proven(flow)) return true;
    if (size > bytes_) return false;
    bytes_ -= size;
    return true;
}

}  // namespace herald::server
