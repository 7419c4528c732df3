// cli/bench/bench_streams.h: the connections of the load generator: TCP, TLS, WebSocket in clear or
// within TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/bench_ports.h"
#include "cli/bench/bench_web.h"
#include "sip/framer.h"
#include "sip/socket.h"
#include "sip/tls.h"

namespace herald::cli::bench {

/// What is sent leaves with the next turn, one write for each connection.
class Streams final : public Ports {
public:
    static Result<std::unique_ptr<Ports>> open(const Way& way, std::uint32_t count);

    Status grow(std::uint32_t count) override { return connect_all(size() + count); }
    std::uint32_t size() const noexcept override { return static_cast<std::uint32_t>(all_.size()); }
    const std::string& name(std::uint32_t port) const noexcept override { return all_[port].name; }
    void send(std::uint32_t port, std::string_view bytes) override;
    void turn(PortSink& sink, base::Duration wait) override;
    sip::TlsTicket ticket() const override;
    std::uint64_t unsent() const noexcept override { return unsent_; }

private:
    static constexpr std::size_t kRoom = std::size_t{64} * 1024;

    struct Connection {
        sip::Socket socket;
        std::string name;
        std::unique_ptr<sip::TlsSession> session;  ///< null: in clear
        std::unique_ptr<WebFrames> web;            ///< null: SIP's own framing
        sip::Framer framer;
        std::string waiting;  ///< to be encrypted
        std::string out;
        bool is_dirty = false;    ///< in dirty_
        bool is_blocked = false;  ///< the socket took no more
        bool is_over = false;
    };

    Streams(sip::Socket epoll, const Way& way);
    Status add();
    Status connect_all(std::uint32_t count);
    Status leave_from(const sip::Socket& socket) const;
    Status begin(std::uint32_t port);
    Status shake_hands(std::uint32_t first);
    void mark_dirty(std::uint32_t port);
    void flush();
    void write(std::uint32_t port);
    void read(std::uint32_t port, PortSink& sink);
    void hear(std::uint32_t port, std::string_view plain, PortSink& sink);
    void take(std::uint32_t port, std::string_view message, PortSink& sink);
    void end(std::uint32_t port);
    static bool is_up(const Connection& connection) noexcept;

    sip::Socket epoll_;
    const Way way_;
    std::shared_ptr<const sip::TlsContext> context_;
    std::vector<Connection> all_;
    std::vector<std::uint32_t> dirty_;
    std::unique_ptr<char[]> room_;
    std::unique_ptr<AnswerText> answer_;
    std::string plain_;
    std::string why_;  ///< the last connection ended
    std::uint64_t unsent_ = 0;
    bool is_refused_ = false;  ///< since the last turn
};

}  // namespace herald::cli::bench
