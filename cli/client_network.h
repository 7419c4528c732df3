// cli/client_network.h: sockets of a client, which has no listeners until it knows whom it talks
// to.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sip/network.h"

namespace herald::cli {

/// Opens a listener on a free port of the very address packets to the peer leave from, so that Via
/// and Contact name one the peer can reach.
class ClientNetwork final : public sip::Transport {
public:
    ClientNetwork(base::Loop& loop, base::Metrics& metrics);

    void attach(sip::TransportSink& sink) { network_.attach(sink); }
    /// The file with the certificates that vouch for servers reached by TLS; empty: the system's.
    void trust(std::string file) { authorities_ = std::move(file); }

    bool send(const sip::Flow& flow, std::string_view bytes) override {
        return network_.send(flow, bytes);
    }
    /// Faults: unreachable (also for a protocol a client here does not speak), limit_reached.
    Result<sip::Flow> open(sip::Protocol protocol, const sip::Endpoint& peer,
                           std::string_view domain = {}) override;
    bool is_open(const sip::Flow& flow) const override { return network_.is_open(flow); }
    const sip::ListenerAddress& listener(const sip::Flow& flow) const override {
        return network_.listener(flow);
    }
    std::span<const sip::ListenerAddress> listeners() const override {
        return network_.listeners();
    }

private:
    Status speak_tls();
    bool has_listener(sip::Protocol protocol, const sip::Endpoint& peer) const;

    sip::Network network_;
    std::string authorities_;
    bool speaks_tls_ = false;
};

}  // namespace herald::cli
