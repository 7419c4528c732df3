// cli/bench/bench_ports.h: the many ways the load generator has to one server, as watchers and
// publishers see them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "cli/bench/bench_wire.h"
#include "sip/endpoint.h"
#include "sip/tls.h"

namespace herald::cli::bench {

class PortSink {
public:
    /// `message` came in at `port`. What is written to `answer` goes back at once; it comes empty.
    virtual void on_message(std::uint32_t port, std::string_view message, AnswerText& answer) = 0;
    /// Nobody is bound to the server's port, or a connection ended.
    virtual void on_refused() = 0;

protected:
    ~PortSink() = default;
};

/// How the server is reached.
struct Way {
    sip::Endpoint server;
    sip::Protocol protocol = sip::Protocol::udp;
    std::string authorities{};   ///< PEM file of who vouches for the server; empty: the system's
    bool is_old_client = false;  ///< speaks no TLS 1.3
    std::uint32_t at_once = 1;   ///< connections that shake hands beside each other
    /// Connections come from several addresses of loopback, each of which has ports of its own.
    bool spreads = false;
    sip::TlsTicket ticket{};  ///< to begin with; null: in full
};

/// Ports by number: sockets of UDP, or connections.
class Ports {
public:
    /// Opens `count` of them from the server's own address; connections have shaken hands then.
    /// Faults: limit_reached, io, unreachable, forbidden (the server's certificate).
    static Result<std::unique_ptr<Ports>> open(const Way& way, std::uint32_t count);
    virtual ~Ports() = default;
    Ports() = default;
    Ports(const Ports&) = delete;
    Ports& operator=(const Ports&) = delete;

    /// Opens `count` more, where they are connections. Faults: as open().
    virtual Status grow(std::uint32_t /*count*/) { return {}; }
    virtual std::uint32_t size() const noexcept = 0;
    /// "127.0.0.1:40001"
    virtual const std::string& name(std::uint32_t port) const noexcept = 0;
    /// May be lost, as on the wire.
    virtual void send(std::uint32_t port, std::string_view bytes) = 0;
    /// Waits at most `wait` for messages and hands out what came.
    virtual void turn(PortSink& sink, base::Duration wait) = 0;
    /// For connections like the first one, which has heard something; null: there is none.
    virtual sip::TlsTicket ticket() const { return nullptr; }
    /// Messages that did not leave.
    virtual std::uint64_t unsent() const noexcept = 0;
};

/// As many files may be open as `count` ports need. Faults: limit_reached, io.
Status allow_descriptors(std::uint32_t count);

}  // namespace herald::cli::bench
