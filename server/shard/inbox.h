// server/shard/inbox.h: what the sockets of one shard bring, where there are several: messages are
// its own stack's, ICMP errors everybody's.
//
// Shards share each port, and the kernel tells an error to any of the sockets on it, not to the one
// that sent.
#pragma once

#include "server/shard/link.h"
#include "sip/transport.h"

namespace herald::server {

/// The sink of one shard's network, on its thread.
class Inbox final : public sip::TransportSink {
public:
    Inbox(unsigned shard, Links& links) : shard_(shard), links_(links) {}

    void on_message(std::span<char> bytes, const sip::Flow& flow, sip::Framing framing) override;
    void on_unframeable(std::span<char> bytes, const sip::Flow& flow,
                        sip::ParseResult::Error why) override;
    void on_flow_closed(const sip::Flow& flow) override;
    void on_unreachable(const sip::Endpoint& peer) override;

private:
    sip::Stack& own() const { return *links_.shards[shard_]->stack; }

    const unsigned shard_;
    Links& links_;
};

}  // namespace herald::server
