// cli/bench/bench_socket.h: the many UDP sockets of the load generator, all connected to one
// server.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"
#include "base/time.h"
#include "cli/bench/bench_ports.h"
#include "sip/endpoint.h"
#include "sip/socket.h"

namespace herald::cli::bench {

/// Datagrams are taken and answered in batches, one system call each.
class Datagrams final : public Ports {
public:
    /// Binds `count` sockets to free ports of the server's own address. Faults: limit_reached, io.
    static Result<std::unique_ptr<Ports>> open(const sip::Endpoint& server, std::uint32_t count);

    std::uint32_t size() const noexcept override {
        return static_cast<std::uint32_t>(sockets_.size());
    }
    const std::string& name(std::uint32_t port) const noexcept override {
        return sockets_[port].name;
    }
    void send(std::uint32_t port, std::string_view bytes) override;
    void turn(PortSink& sink, base::Duration wait) override;
    std::uint64_t unsent() const noexcept override { return unsent_; }

private:
    static constexpr std::size_t kBatch = 64;
    static constexpr std::size_t kRoom = std::size_t{16} * 1024;

    struct Bound {
        sip::Socket socket;
        std::string name;
    };

    explicit Datagrams(sip::Socket epoll);
    Status add(const sip::Endpoint& server);
    void drain(std::uint32_t port, PortSink& sink);
    std::size_t answer_batch(std::uint32_t port, std::size_t received, PortSink& sink);
    void send_answers(int fd, std::size_t count) noexcept;

    sip::Socket epoll_;
    std::vector<Bound> sockets_;
    std::unique_ptr<char[]> room_;
    std::unique_ptr<AnswerText[]> answers_;
    std::array<iovec, kBatch> in_parts_{};
    std::array<mmsghdr, kBatch> in_{};
    std::array<iovec, kBatch> out_parts_{};
    std::array<mmsghdr, kBatch> out_{};
    std::uint64_t unsent_ = 0;
    bool is_refused_ = false;  ///< since the last turn
};

}  // namespace herald::cli::bench
