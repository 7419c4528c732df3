// sip/stream_layers.cpp: what streams have over their sockets, and what their handshakes prove.
#include "sip/stream_layers.h"

#include "base/log.h"

namespace herald::sip {
namespace {

constexpr int kStepsPerTurn = 8;

base::Counter& handshakes(base::Metrics& metrics, const char* kind) {
    return metrics.counter("herald_tls_handshakes_total", "TLS handshakes done", {{"kind", kind}});
}

}  // namespace

StreamLayers::StreamLayers(base::Metrics& metrics, const ParseLimits& limits,
                           const WebSocketRules& web, std::shared_ptr<KnownClients> clients)
    : limits_(limits),
      web_rules_(std::make_shared<WebSocketRules>(web)),
      clients_(std::move(clients)),
      full_(handshakes(metrics, "full")),
      resumed_(handshakes(metrics, "resumed")),
      failures_(metrics) {}

std::optional<Channel::Layers> StreamLayers::of(const StreamListener& listener) const {
    Channel::Layers layers;
    if (is_secure(listener.protocol)) {
        if (!context_ || !context_->can_serve()) return std::nullopt;
        layers.session = context_->accept(listener.clients);
        if (!layers.session) return std::nullopt;
    }
    if (listener.protocol == Protocol::ws || listener.protocol == Protocol::wss) {
        layers.web = std::make_unique<WebSocket>(limits_, web_rules_);
    }
    return layers;
}

Result<Channel::Layers> StreamLayers::to(std::string_view domain, Protocol protocol) const {
    Channel::Layers layers;
    if (protocol != Protocol::tls) return layers;
    layers.session = context_ ? context_->connect(domain) : nullptr;
    if (!layers.session) return Fault{FaultKind::unreachable, "there are no certificates"};
    return layers;
}

bool StreamLayers::may_step(const Channel& channel) {
    return channel.is_secured() || steps_++ < kStepsPerTurn;
}

void StreamLayers::note_handshake(Stream& stream, const Flow& flow) {
    const TlsSession& session = *stream.channel.session();
    (session.was_resumed() ? resumed_ : full_).add();
    if (!clients_ || !session.domain().empty()) return;
    auto names = session.peer_names();
    if (!names) return;
    base::log_info("tls.client",
                   {{"peer", stream.peer.to_string()}, {"certificate", shown(*names)}});
    clients_->put(flow, *std::move(names));
    stream.is_known = true;
}

void StreamLayers::note_failure(const Stream& stream, const Fault& why, base::Instant now) {
    const TlsSession* const session = stream.channel.session();
    failures_.note(stream.peer, session ? session->domain() : std::string_view(), why, now);
}

void StreamLayers::forget(Stream& stream, const Flow& flow) {
    if (std::exchange(stream.is_known, false)) clients_->remove(flow);
}

}  // namespace herald::sip
