// server/core/flow_token.cpp: names a flow in the user part of a URI of ours (RFC 5626 5.2).
#include "server/core/flow_token.h"

#include "base/text.h"
#include "server/core/flow_text.h"

namespace herald::server {

namespace {

/// Hex digits of the hash.
constexpr std::size_t kSeal = 32;

base::HashKey key_of(const store::Home& home) {
    const auto hash = base::keyed_hash128(home.lasting_key, "flow tokens");
    return {hash.high, hash.low};
}

}  // namespace

FlowTokens::FlowTokens(const store::Home& home) : key_(key_of(home)), epoch_(home.epoch) {}

std::string FlowTokens::seal(std::string_view flow) const {
    const auto hash = base::keyed_hash128(key_, flow);
    return base::to_hex({reinterpret_cast<const char*>(&hash), sizeof hash});
}

std::string FlowTokens::issue(const sip::Flow& flow) const {
    const auto text = binding_flow(flow, epoch_);
    return std::string(kPrefix) + seal(text) + base::to_hex(text);
}

Result<sip::Flow> FlowTokens::read(std::string_view user) const {
    const Fault forged{FaultKind::forbidden, "This is no flow token of ours"};
    if (!is_one(user) || user.size() < kPrefix.size() + kSeal) return forged;
    user.remove_prefix(kPrefix.size());
    const auto text = base::from_hex(user.substr(kSeal));
    if (!text || !base::equal_in_constant_time(user.substr(0, kSeal), seal(*text))) return forged;
    const auto flow = flow_of_binding(*text, epoch_);
    if (!flow) return Fault{FaultKind::unreachable, "The flow is of an earlier run"};
    return *flow;
}

bool is_same_flow(const sip::Flow& one, const sip::Flow& other) noexcept {
    if (one.protocol != other.protocol || one.peer != other.peer) return false;
    if (!sip::is_reliable(one.protocol)) return one.listener == other.listener;
    return one.shard == other.shard && one.slot == other.slot && one.generation == other.generation;
}

}  // namespace herald::server
