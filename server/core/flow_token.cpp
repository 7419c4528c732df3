// server/core/flow_token.cpp: names a flow in a URI or a Via branch of ours (RFC 5626 5.2).
#include "server/core/flow_token.h"

#include <cassert>

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

std::string FlowTokens::seal(std::string_view text) const {
    const auto hash = base::keyed_hash128(key_, text);
    return base::to_hex({reinterpret_cast<const char*>(&hash), sizeof hash});
}

std::string FlowTokens::issue(const FlowToken& token) const {
    assert(!token.about.empty() && token.about.find(' ') == std::string::npos);
    std::string text{static_cast<char>(token.use), ' '};
    text.append(token.about).append(" ").append(binding_flow(token.flow, epoch_));
    return std::string(kPrefix) + seal(text) + base::to_hex(text);
}

Result<FlowToken> FlowTokens::read(std::string_view user) const {
    const Fault forged{FaultKind::forbidden, "This is no flow token of ours"};
    if (!is_one(user) || user.size() < kPrefix.size() + kSeal) return forged;
    user.remove_prefix(kPrefix.size());
    const auto text = base::from_hex(user.substr(kSeal));
    if (!text || !base::equal_in_constant_time(user.substr(0, kSeal), seal(*text))) return forged;
    const auto use = base::split_once(*text, ' ');
    const auto about = base::split_once(use.after, ' ');
    const auto flow = flow_of_binding(about.after, epoch_);
    if (!flow) return Fault{FaultKind::unreachable, "The flow is of an earlier run"};
    return FlowToken{static_cast<FlowToken::Use>(use.before.front()), *flow,
                     std::string(about.before)};
}

bool is_same_flow(const sip::Flow& one, const sip::Flow& other) noexcept {
    if (one.protocol != other.protocol || one.peer != other.peer) return false;
    if (!sip::is_reliable(one.protocol)) return one.listener == other.listener;
    return one.shard == other.shard && one.slot == other.slot && one.generation == other.generation;
}

}  // namespace herald::server
