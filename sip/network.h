// sip/network.h: the real Transport of one shard: its sockets, of datagrams and streams, on its
// loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/metrics.h"
#include "sip/known_clients.h"
#include "sip/stream_limits.h"
#include "sip/tap.h"
#include "sip/tls.h"
#include "sip/transport.h"
#include "sip/websocket_handshake.h"

namespace herald::sip {

struct NetworkOptions {
    unsigned shard = 0;
    bool reuse_port = false;                  ///< several shards share each port
    std::shared_ptr<StreamLimits> streams;    ///< of all shards; null: the usual, for this one
    std::shared_ptr<KnownClients> clients;    ///< of all shards; null: nobody asks for certificates
    bool stun = true;                         ///< keep-alives by UDP are answered
    ParseLimits limits;                       ///< of what a stream may bring
    std::size_t out_buffer = 1 << 20;         ///< bytes queued on one stream; beyond, it is closed
    std::chrono::seconds idle_timeout{3600};  ///< a stream without a byte
    std::chrono::seconds partial_timeout{30};        ///< an unfinished message on a stream
    std::chrono::seconds first_message_timeout{32};  ///< until a new stream has sent a whole one
    std::chrono::seconds connect_timeout{4};
    std::chrono::seconds handshake_timeout{10};  ///< of TLS, after the connection is there
    std::shared_ptr<const TlsContext> tls;       ///< null: until secure() no TLS is spoken
    WebSocketRules web;
    /// A request by UDP that waited longer to be read is dropped: its sender has repeated it or
    /// given it up, and is not to find done what it no longer asks for. Answers are always read.
    std::chrono::milliseconds oldest_request{4000};
    int udp_receive_buffer = 8 << 20;  ///< SO_RCVBUF wish, bytes
    int udp_send_buffer = 8 << 20;
};

class Network final : public Transport {
public:
    Network(base::Loop& loop, base::Metrics& metrics, NetworkOptions options);
    ~Network() override;

    /// Binds and listens. `advertised` is what peers are told (empty: the bound address). A taken
    /// port is found even where SO_REUSEPORT would hide it (probed without it first when `probe`).
    /// Port 0 picks a free one. Faults: io (the sentence names address, port and reason),
    /// limit_reached.
    Result<ListenerAddress> listen(Protocol protocol, const Endpoint& bind,
                                   std::string_view advertised, bool probe,
                                   ClientCertificates clients = ClientCertificates::none);
    /// The certificates of TLS connections that begin from now on; others keep theirs.
    void secure(std::shared_ptr<const TlsContext> context);
    /// Who gets the messages; before the first turn of the loop.
    void attach(TransportSink& sink);
    /// Who sees all messages, where it wants to; before attach(). Outlives this.
    void watch(Tap& tap);
    /// Stops accepting and reading; queued output still leaves.
    void stop_input();

    bool send(const Flow& flow, std::string_view bytes) override;
    Result<Flow> open(Protocol protocol, const Endpoint& peer,
                      std::string_view domain = {}) override;
    void expect(const Flow& flow, base::Duration limit) override;
    bool is_open(const Flow& flow) const override;
    /// Of this shard, for any thread.
    bool has_stream(const Flow& flow) const noexcept;
    const ListenerAddress& listener(const Flow& flow) const override;
    std::span<const ListenerAddress> listeners() const override;
    /// The worst of its sockets.
    Load load() const override;

private:
    struct State;
    std::shared_ptr<State> state_;  ///< the loop looks at it weakly
};

}  // namespace herald::sip
