// tests/support/fake_transport.cpp: the wire of unit tests and stories.
#include "tests/support/fake_transport.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace herald::test {

std::string wire(std::string_view lines) {
    std::string text;
    text.reserve(lines.size() + 32);
    for (const char c : lines) {
        if (c == '\r') continue;
        if (c == '\n') text += '\r';
        text += c;
    }
    return text;
}

sip::Endpoint endpoint(std::string_view host, std::uint16_t port) {
    const auto parsed = sip::Endpoint::from(host, port);
    assert(parsed);
    return parsed.value_or(sip::Endpoint());
}

FakeTransport::FakeTransport(const base::Clock& clock) : clock_(clock) {
    listen(sip::Protocol::udp, endpoint("192.0.2.1", 5060));
    listen(sip::Protocol::tcp, endpoint("192.0.2.1", 5060));
}

std::uint8_t FakeTransport::listen(sip::Protocol protocol, const sip::Endpoint& bound) {
    listeners_.push_back(
        {.protocol = protocol, .bound = bound, .host = bound.uri_host(), .port = bound.port()});
    return static_cast<std::uint8_t>(listeners_.size() - 1);
}

sip::Flow FakeTransport::udp(std::string_view host, std::uint16_t port) const {
    return {.peer = endpoint(host, port), .protocol = sip::Protocol::udp, .listener = 0};
}

sip::Flow FakeTransport::connect(std::string_view host, std::uint16_t port) {
    return add_connection(sip::Protocol::tcp, endpoint(host, port));
}

void FakeTransport::receive(std::string_view message, const sip::Flow& flow) {
    assert(sink_ != nullptr);
    std::string bytes = wire(message);
    sink_->on_message(
        {bytes.data(), bytes.size()}, flow,
        sip::is_reliable(flow.protocol) ? sip::Framing::stream : sip::Framing::datagram);
}

void FakeTransport::receive_unframeable(std::string_view bytes, const sip::Flow& flow) {
    std::string copy = wire(bytes);
    sink_->on_unframeable({copy.data(), copy.size()}, flow, sip::ParseResult::Error::malformed);
}

void FakeTransport::close(const sip::Flow& flow) {
    std::erase(connections_, flow);
    sink_->on_flow_closed(flow);
}

void FakeTransport::unreachable(const sip::Endpoint& peer) {
    sink_->on_unreachable(peer);
}

std::vector<FakeTransport::Sent> FakeTransport::take() {
    return std::exchange(sent_, {});
}

std::string FakeTransport::take_one() {
    std::vector<Sent> sent = take();
    return sent.size() == 1 ? std::move(sent.front().bytes) : std::string();
}

bool FakeTransport::send(const sip::Flow& flow, std::string_view bytes) {
    if (is_refused(flow.peer) || !is_open(flow)) return false;
    sent_.push_back({.flow = flow, .bytes = std::string(bytes), .at = clock_.now()});
    return true;
}

Result<sip::Flow> FakeTransport::open(sip::Protocol protocol, const sip::Endpoint& peer,
                                      std::string_view) {
    if (is_refused(peer)) return Fault{FaultKind::unreachable, peer.to_string() + " refuses"};
    if (protocol == sip::Protocol::udp) return sip::Flow{.peer = peer, .protocol = protocol};
    for (const sip::Flow& flow : connections_) {
        if (flow.protocol == protocol && flow.peer == peer) return flow;
    }
    const bool is_spoken =
        std::any_of(listeners_.begin(), listeners_.end(),
                    [protocol](const auto& its) { return its.protocol == protocol; });
    if (!is_spoken) return Fault{FaultKind::unreachable, "no listener of that protocol"};
    return add_connection(protocol, peer);
}

bool FakeTransport::is_open(const sip::Flow& flow) const {
    if (!sip::is_reliable(flow.protocol)) return true;
    return std::find(connections_.begin(), connections_.end(), flow) != connections_.end();
}

const sip::ListenerAddress& FakeTransport::listener(const sip::Flow& flow) const {
    assert(flow.listener < listeners_.size());
    return listeners_[flow.listener];
}

bool FakeTransport::is_refused(const sip::Endpoint& peer) const {
    return std::find(refused_.begin(), refused_.end(), peer) != refused_.end();
}

sip::Flow FakeTransport::add_connection(sip::Protocol protocol, const sip::Endpoint& peer) {
    const auto listener =
        std::find_if(listeners_.begin(), listeners_.end(),
                     [protocol](const auto& its) { return its.protocol == protocol; });
    assert(listener != listeners_.end());
    connections_.push_back({.peer = peer,
                            .protocol = protocol,
                            .listener = static_cast<std::uint8_t>(listener - listeners_.begin()),
                            .slot = next_slot_++,
                            .generation = 1});
    return connections_.back();
}

}  // namespace herald::test
