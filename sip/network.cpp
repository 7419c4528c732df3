// sip/network.cpp: the listeners of one shard, and which socket a message leaves by.
#include "sip/network.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>
#include <vector>

#include "base/text.h"
#include "sip/socket.h"
#include "sip/streams.h"
#include "sip/udp.h"

namespace herald::sip {
namespace {

/// What peers are told: a host with or without port; IPv6 in brackets.
struct Advertised {
    std::string host;
    std::uint16_t port;
};

Result<Advertised> advertised_of(std::string_view text, const Endpoint& bound) {
    if (text.empty()) {
        const Endpoint reached = bound.is_any() ? own_address(bound) : bound;
        return Advertised{reached.uri_host(), reached.port()};
    }
    if (const auto bare = Endpoint::from(text, bound.port())) {
        return Advertised{bare->uri_host(), bound.port()};
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.back() == ']') {
        return Advertised{std::string(text), bound.port()};
    }
    const auto port = base::to_u64(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) {
        return Fault{FaultKind::invalid_configuration,
                     "the advertised address " + std::string(text) + " has no valid port"};
    }
    return Advertised{std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port)};
}

}  // namespace

/// Stands before the sink, and shows what comes.
class TappedSink final : public TransportSink {
public:
    void attach(TransportSink& sink) { sink_ = &sink; }
    void watch(Tap& tap, const std::vector<ListenerAddress>& addresses) {
        tap_ = &tap;
        addresses_ = &addresses;
    }
    bool is_watched() const noexcept { return tap_ != nullptr; }

    void show(Direction direction, const Flow& flow, std::string_view bytes) const {
        if (tap_ != nullptr && tap_->is_wanted() && flow.listener < addresses_->size())
            tap_->on_message(direction, flow, (*addresses_)[flow.listener].bound, bytes);
    }

    void on_message(std::span<char> bytes, const Flow& flow, Framing framing) override {
        show(Direction::in, flow, {bytes.data(), bytes.size()});
        sink_->on_message(bytes, flow, framing);
    }
    void on_unframeable(std::span<char> bytes, const Flow& flow, ParseResult::Error why) override {
        show(Direction::in, flow, {bytes.data(), bytes.size()});
        sink_->on_unframeable(bytes, flow, why);
    }
    void on_flow_closed(const Flow& flow) override { sink_->on_flow_closed(flow); }
    void on_unreachable(const Endpoint& peer) override { sink_->on_unreachable(peer); }

private:
    TransportSink* sink_ = nullptr;
    Tap* tap_ = nullptr;
    const std::vector<ListenerAddress>* addresses_ = nullptr;
};

struct Network::State {
    State(base::Loop& its_loop, base::Metrics& metrics, const NetworkOptions& wanted)
        : loop(its_loop),
          options(wanted),
          counters(metrics),
          keep_alives(options.stun ? std::make_unique<StunAnswers>(metrics) : nullptr),
          streams(loop, metrics,
                  {.shard = options.shard,
                   .limits_of_all = options.streams,
                   .clients = options.clients,
                   .out_buffer = options.out_buffer,
                   .patience = {.idle = options.idle_timeout,
                                .partial = options.partial_timeout,
                                .first_message = options.first_message_timeout,
                                .connect = options.connect_timeout,
                                .handshake = options.handshake_timeout},
                   .web = options.web,
                   .limits = options.limits},
                  sink) {
        streams.secure(options.tls);
    }

    void end_turn();
    void want_turn_end();
    std::optional<std::uint8_t> listener_for(Protocol protocol, const Endpoint& peer) const;

    base::Loop& loop;
    const NetworkOptions options;
    TransportSink* sink = nullptr;
    TappedSink tapped;
    UdpCounters counters;
    std::unique_ptr<StunAnswers> keep_alives;  ///< null: none are given
    ReceiveRing ring;
    Streams streams;
    std::vector<ListenerAddress> addresses;
    std::vector<std::unique_ptr<UdpSocket>> datagrams;  ///< by listener; none for those of streams
    bool has_output = false;                            ///< the end of a turn is sure to come
};

/// What later hooks queue must leave too: an empty task makes another turn follow at once.
void Network::State::want_turn_end() {
    if (std::exchange(has_output, true)) return;
    loop.post([] {});
}

void Network::State::end_turn() {
    streams.end_turn();
    if (!std::exchange(has_output, false) && !streams.has_output()) return;
    for (const auto& socket : datagrams) {
        if (socket) socket->flush();
    }
    streams.flush();
    for (const auto& socket : datagrams) {
        if (socket) socket->report_unreachable();
    }
    if (streams.has_output()) want_turn_end();
}

std::optional<std::uint8_t> Network::State::listener_for(Protocol protocol,
                                                         const Endpoint& peer) const {
    std::optional<std::uint8_t> best;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const ListenerAddress& its = addresses[i];
        if (its.protocol != protocol || its.bound.is_ipv6() != peer.is_ipv6()) continue;
        if (best && !suits_better(its.bound, addresses[*best].bound, peer)) continue;
        best = static_cast<std::uint8_t>(i);
    }
    return best;
}

Network::Network(base::Loop& loop, base::Metrics& metrics, NetworkOptions options)
    : state_(std::make_shared<State>(loop, metrics, options)) {
    // The loop cannot drop a hook: this one does nothing once the network is gone.
    loop.at_end_of_turn([weak = std::weak_ptr<State>(state_)] {
        if (const auto state = weak.lock()) state->end_turn();
    });
}

Network::~Network() = default;

Result<ListenerAddress> Network::listen(Protocol protocol, const Endpoint& bind,
                                        std::string_view advertised, bool probe,
                                        ClientCertificates clients) {
    if (state_->addresses.size() > UINT8_MAX) {
        return Fault{FaultKind::limit_reached, "more than 256 listeners"};
    }
    if (probe && state_->options.reuse_port && bind.port() != 0) {
        const Result<Socket> alone = bind_socket(protocol, bind, Sharing::alone);
        if (!alone) return alone.fault();
    }
    Result<Socket> socket = bind_socket(
        protocol, bind, state_->options.reuse_port ? Sharing::with_other_shards : Sharing::alone);
    if (!socket) return socket.fault();
    const Endpoint bound = local_endpoint(*socket);
    const Result<Advertised> told = advertised_of(advertised, bound);
    if (!told) return told.fault();

    const auto number = static_cast<std::uint8_t>(state_->addresses.size());
    state_->addresses.push_back(
        {.protocol = protocol, .bound = bound, .host = told->host, .port = told->port});
    if (protocol == Protocol::udp) {
        set_buffer(*socket, SO_RCVBUF, state_->options.udp_receive_buffer);
        set_buffer(*socket, SO_SNDBUF, state_->options.udp_send_buffer);
        state_->datagrams.push_back(std::make_unique<UdpSocket>(
            state_->loop, std::move(*socket), number, state_->sink, state_->ring, state_->counters,
            state_->options.oldest_request, state_->keep_alives.get()));
    } else {
        state_->datagrams.push_back(nullptr);
        state_->streams.listen(std::move(*socket),
                               {.number = number, .protocol = protocol, .clients = clients});
    }
    return state_->addresses.back();
}

void Network::attach(TransportSink& sink) {
    state_->tapped.attach(sink);
    state_->sink = state_->tapped.is_watched() ? &state_->tapped : &sink;
}

void Network::watch(Tap& tap) {
    state_->tapped.watch(tap, state_->addresses);
}

void Network::secure(std::shared_ptr<const TlsContext> context) {
    state_->streams.secure(std::move(context));
}

void Network::stop_input() {
    state_->streams.stop_input();
    for (const auto& socket : state_->datagrams) {
        if (socket) socket->stop_input();
    }
}

bool Network::send(const Flow& flow, std::string_view bytes) {
    state_->tapped.show(Direction::out, flow, bytes);
    if (is_reliable(flow.protocol)) {
        if (!state_->streams.is_open(flow)) return false;
        state_->want_turn_end();
        return state_->streams.send(flow, bytes);
    }
    if (flow.listener >= state_->datagrams.size() || !state_->datagrams[flow.listener])
        return false;
    state_->want_turn_end();
    return state_->datagrams[flow.listener]->send(flow, bytes);
}

Result<Flow> Network::open(Protocol protocol, const Endpoint& peer, std::string_view domain) {
    const auto listener = state_->listener_for(protocol, peer);
    if (!listener) {
        return Fault{FaultKind::unreachable,
                     "no " + std::string(uri_name(protocol)) + " listener for " + peer.to_string()};
    }
    if (protocol == Protocol::udp) {
        return Flow{.peer = peer, .protocol = protocol, .listener = *listener};
    }
    if (protocol == Protocol::ws || protocol == Protocol::wss) {
        return Fault{FaultKind::unreachable, "a WebSocket is opened by its client"};
    }
    return state_->streams.open(peer, {.number = *listener, .protocol = protocol}, domain);
}

void Network::expect(const Flow& flow, base::Duration limit) {
    if (is_reliable(flow.protocol)) state_->streams.expect(flow, limit);
}

bool Network::is_open(const Flow& flow) const {
    if (is_reliable(flow.protocol)) return state_->streams.is_open(flow);
    return flow.listener < state_->datagrams.size() && state_->datagrams[flow.listener] != nullptr;
}

bool Network::has_stream(const Flow& flow) const noexcept {
    return state_->streams.open_streams().holds(flow.slot, flow.generation);
}

const ListenerAddress& Network::listener(const Flow& flow) const {
    assert(flow.listener < state_->addresses.size());
    return state_->addresses[flow.listener];
}

std::span<const ListenerAddress> Network::listeners() const {
    return state_->addresses;
}

Load Network::load() const {
    Load worst = Load::normal;
    for (const auto& socket : state_->datagrams) {
        if (socket) worst = std::max(worst, socket->load());
    }
    return worst;
}

}  // namespace herald::sip
