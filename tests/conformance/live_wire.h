// tests/conformance/live_wire.h: the sockets of a story's actors, UDP and TCP.
#pragma once

#include <deque>
#include <vector>

#include "base/time.h"
#include "sip/framer.h"
#include "sip/socket.h"
#include "tests/conformance/harness.h"

namespace herald::conformance {

/// All that is sent to the actors' addresses comes together here. One thread.
class LiveWire {
public:
    LiveWire(sip::Endpoint server, const base::Clock& clock) : server_(server), clock_(clock) {}

    /// Takes datagrams and connections at `place`. Faults: io, limit_reached.
    Status inhabit(const sip::Endpoint& place);
    /// Closes what is open at `place`; it may be inhabited again.
    void abandon(const sip::Endpoint& place);
    void refuse_connections(const sip::Endpoint& place);

    sip::Flow udp(const sip::Endpoint& from) const;
    Result<sip::Flow> connect(const sip::Endpoint& from, base::Duration patience);
    bool is_open(const sip::Flow& flow) const;
    /// Closes a connection; returns when the server has closed its side, or `patience` is over.
    void close(const sip::Flow& flow, base::Duration patience);
    void send(std::string_view bytes, const sip::Flow& flow);

    /// Waits for something to come, or for `other` to be readable. False: neither did.
    bool wait(base::Duration patience, int other);
    /// Takes in what has come so far. Whether there was any message.
    bool read();
    std::vector<Sent> take() { return std::exchange(arrived_, {}); }
    bool has_arrived() const noexcept { return !arrived_.empty(); }

    /// The server has read everything that was sent to it.
    bool is_drained() const;

private:
    struct Place {
        sip::Endpoint at;
        sip::Socket datagrams, listener;
    };
    struct Connection {
        sip::Flow flow;
        sip::Socket socket;
        sip::Framer framer;
    };

    sip::Endpoint server_;
    const base::Clock& clock_;
    std::deque<Place> places_;
    std::deque<Connection> connections_;  ///< by slot; closed ones have no socket
    std::vector<Sent> arrived_;

    Place* place(const sip::Endpoint& at);
    sip::Flow add(sip::Socket socket);
    void read_datagrams(const Place& place);
    void accept_all(const Place& place);
    void read_stream(Connection& connection);
    void keep(const sip::Flow& flow, std::string bytes);
};

}  // namespace herald::conformance
