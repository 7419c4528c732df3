// tests/conformance/live_wire.h: the sockets of a story's actors: UDP, TCP, TLS.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "sip/framer.h"
#include "sip/socket.h"
#include "sip/tls.h"
#include "tests/conformance/harness.h"

namespace herald::conformance {

/// All that is sent to the actors' addresses comes together here. One thread.
class LiveWire {
public:
    LiveWire(sip::Endpoint server, const base::Clock& clock) : server_(server), clock_(clock) {}

    /// TLS is spoken too, to `server`, whose certificate `context` must trust.
    void secure(const sip::Endpoint& server, std::shared_ptr<const sip::TlsContext> context) {
        secure_server_ = server;
        context_ = std::move(context);
    }

    /// Takes datagrams and connections at `place`. Faults: io, limit_reached.
    Status inhabit(const sip::Endpoint& place);
    /// Closes what is open at `place`; it may be inhabited again.
    void abandon(const sip::Endpoint& place);
    void refuse_connections(const sip::Endpoint& place);

    sip::Flow udp(const sip::Endpoint& from) const;
    /// By TCP, or by TLS where that is spoken. Faults: unreachable, io.
    Result<sip::Flow> connect(const sip::Endpoint& from, sip::Protocol protocol,
                              base::Duration patience);
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
        std::unique_ptr<sip::TlsSession> session;  ///< null: in clear
        sip::Framer framer;
    };

    sip::Endpoint server_, secure_server_;
    std::shared_ptr<const sip::TlsContext> context_;
    const base::Clock& clock_;
    std::deque<Place> places_;
    std::deque<Connection> connections_;  ///< by slot; closed ones have no socket
    std::vector<Sent> arrived_;

    Place* place(const sip::Endpoint& at);
    sip::Flow add(sip::Socket socket, std::unique_ptr<sip::TlsSession> session);
    Result<sip::Socket> reach(const sip::Endpoint& from, const sip::Endpoint& server,
                              base::Duration patience) const;
    Status shake_hands(const sip::Socket& socket, sip::TlsSession& session,
                       base::Duration patience) const;
    static bool write(const sip::Socket& socket, std::string_view bytes);
    void read_datagrams(const Place& place);
    void accept_all(const Place& place);
    void read_stream(Connection& connection);
    void keep(const sip::Flow& flow, std::string bytes);
};

}  // namespace herald::conformance
