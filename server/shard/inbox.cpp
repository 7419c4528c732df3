// server/shard/inbox.cpp: what the sockets of one shard bring, where there are several.
#include "server/shard/inbox.h"

namespace herald::server {

void Inbox::on_message(std::span<char> bytes, const sip::Flow& flow, sip::Framing framing) {
    own().on_message(bytes, flow, framing);
}

void Inbox::on_unframeable(std::span<char> bytes, const sip::Flow& flow,
                           sip::ParseResult::Error why) {
    own().on_unframeable(bytes, flow, why);
}

void Inbox::on_flow_closed(const sip::Flow& flow) {
    own().on_flow_closed(flow);
}

void Inbox::on_unreachable(const sip::Endpoint& peer) {
    own().on_unreachable(peer);
    for (std::size_t i = 0; i < links_.shards.size(); ++i) {
        if (i == shard_) continue;
        auto& other = *links_.shards[i];
        other.loop->post([&other, peer] { other.stack->on_unreachable(peer); });
    }
}

}  // namespace herald::server
