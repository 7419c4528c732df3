// tests/support/fake_transport.h: a Transport without sockets: keeps what is sent, lets a test
// deliver messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sip/transport.h"

namespace herald::test {

/// Text of a test as it goes on the wire: every line ended by CRLF. `lines` may have LF or CRLF
/// already.
std::string wire(std::string_view lines);

/// The numeric address `host`, which is one.
sip::Endpoint endpoint(std::string_view host, std::uint16_t port);

/// Two listeners unless told otherwise: UDP (index 0) and TCP (index 1), both at 192.0.2.1:5060.
/// Deliver only between turns, never from within a call of the stack.
class FakeTransport final : public sip::Transport {
public:
    struct Sent {
        sip::Flow flow;
        std::string bytes;
        base::Instant at;
    };

    explicit FakeTransport(const base::Clock& clock);

    void attach(sip::TransportSink& sink) { sink_ = &sink; }
    /// Adds a listener, told to peers as it is bound; returns its index.
    std::uint8_t listen(sip::Protocol protocol, const sip::Endpoint& bound);

    /// A flow of a UDP peer.
    sip::Flow udp(std::string_view host = "192.0.2.10", std::uint16_t port = 5060) const;
    /// A new connection, as if a peer had opened it.
    sip::Flow connect(std::string_view host = "192.0.2.10", std::uint16_t port = 40000);

    /// Delivers `message` with CRLFs put in.
    void receive(std::string_view message, const sip::Flow& flow);
    void receive_unframeable(std::string_view bytes, const sip::Flow& flow);
    /// The peer closes its connection.
    void close(const sip::Flow& flow);
    /// An ICMP error came for this UDP peer.
    void unreachable(const sip::Endpoint& peer);

    /// From now on nothing can be sent or opened to `peer`.
    void refuse(const sip::Endpoint& peer) { refused_.push_back(peer); }
    /// ... and again it can.
    void admit(const sip::Endpoint& peer) { std::erase(refused_, peer); }

    /// How far behind it says it is.
    void pretend_load(sip::Load load) noexcept { load_ = load; }

    const std::vector<Sent>& sent() const noexcept { return sent_; }
    /// What was sent since the last take().
    std::vector<Sent> take();
    /// The only thing sent since the last take(); empty where it was nothing or more.
    std::string take_one();

    bool send(const sip::Flow& flow, std::string_view bytes) override;
    Result<sip::Flow> open(sip::Protocol protocol, const sip::Endpoint& peer,
                           std::string_view domain = {}) override;
    bool is_open(const sip::Flow& flow) const override;
    const sip::ListenerAddress& listener(const sip::Flow& flow) const override;
    std::span<const sip::ListenerAddress> listeners() const override { return listeners_; }
    sip::Load load() const override { return load_; }

private:
    bool is_refused(const sip::Endpoint& peer) const;
    sip::Flow add_connection(sip::Protocol protocol, const sip::Endpoint& peer);

    const base::Clock& clock_;
    sip::TransportSink* sink_ = nullptr;
    std::vector<sip::ListenerAddress> listeners_;
    std::vector<sip::Flow> connections_;  ///< open ones
    std::uint32_t next_slot_ = 0;
    std::vector<sip::Endpoint> refused_;
    std::vector<Sent> sent_;
    sip::Load load_ = sip::Load::normal;
};

}  // namespace herald::test
