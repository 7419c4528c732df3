// sip/stream_layers.h: what streams have over their sockets, TLS and WebSocket: as they begin, and
// what their handshakes prove.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/metrics.h"
#include "base/result.h"
#include "sip/channel.h"
#include "sip/known_clients.h"
#include "sip/stream.h"
#include "sip/tls.h"
#include "sip/tls_failures.h"
#include "sip/websocket_handshake.h"

namespace herald::sip {

/// One of a shard.
class StreamLayers {
public:
    /// `clients` are those of all shards; null: nobody asks for them.
    StreamLayers(base::Metrics& metrics, const ParseLimits& limits, const WebSocketRules& web,
                 std::shared_ptr<KnownClients> clients);

    /// The certificates of connections that begin from now on. Without any no TLS is spoken.
    void secure(std::shared_ptr<const TlsContext> context) { context_ = std::move(context); }

    /// Of one that came to `listener`; nullopt: there is no certificate.
    std::optional<Channel::Layers> of(const StreamListener& listener) const;
    /// Of one that is opened to `domain`. Faults: unreachable (there are no certificates).
    Result<Channel::Layers> to(std::string_view domain, Protocol protocol) const;

    /// Handshakes cost so much that a turn has only some: false where `channel` is to be read in
    /// the next one, after end_turn().
    bool may_step(const Channel& channel);
    void end_turn() noexcept { steps_ = 0; }

    /// The TLS handshake of `stream` is done: its client is known from now on, until forget().
    void note_handshake(Stream& stream, const Flow& flow);
    void note_failure(const Stream& stream, const Fault& why, base::Instant now);
    void forget(Stream& stream, const Flow& flow);

private:
    const ParseLimits limits_;
    const std::shared_ptr<const WebSocketRules> web_rules_;
    const std::shared_ptr<KnownClients> clients_;
    base::Counter& full_;
    base::Counter& resumed_;
    TlsFailures failures_;
    std::shared_ptr<const TlsContext> context_;
    int steps_ = 0;  ///< of this turn
};

}  // namespace herald::sip
