// cli/bench/bench_socket.cpp: the many UDP sockets of the load generator, all connected to one
// server.
#include "cli/bench/bench_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/epoll.h>

namespace herald::cli::bench {
namespace {

constexpr int kReceiveRoom = 4 << 20;

Fault socket_fault(const char* what, int error) {
    const auto kind = error == EMFILE || error == ENFILE ? FaultKind::limit_reached : FaultKind::io;
    return {kind, std::string(what) + ": " + std::strerror(error)};
}

/// A burst of a whole fan-out may arrive before the next turn.
void widen(const sip::Socket& socket) {
    const int wanted = kReceiveRoom;
    if (setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) == 0) return;
    sip::set_buffer(socket, SO_RCVBUF, kReceiveRoom);
}

}  // namespace

Datagrams::Datagrams(sip::Socket epoll)
    : epoll_(std::move(epoll)), room_(new char[kBatch * kRoom]), answers_(new AnswerText[kBatch]) {
    for (std::size_t i = 0; i < kBatch; ++i) {
        in_parts_[i] = {room_.get() + i * kRoom, kRoom};
        in_[i].msg_hdr.msg_iov = &in_parts_[i];
        in_[i].msg_hdr.msg_iovlen = 1;
        out_[i].msg_hdr.msg_iov = &out_parts_[i];
        out_[i].msg_hdr.msg_iovlen = 1;
    }
}

Result<std::unique_ptr<Ports>> Datagrams::open(const sip::Endpoint& server, std::uint32_t count) {
    sip::Socket epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return socket_fault("epoll", errno);
    std::unique_ptr<Datagrams> ports(new Datagrams(std::move(epoll)));
    ports->sockets_.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (Status added = ports->add(server); !added) return added.fault();
    }
    return std::unique_ptr<Ports>(std::move(ports));
}

Status Datagrams::add(const sip::Endpoint& server) {
    const auto address = sip::Endpoint::from(server.host(), 0);
    auto socket = sip::bind_socket(sip::Protocol::udp, *address, sip::Sharing::alone);
    if (!socket) return socket.fault();
    widen(*socket);
    sockaddr_storage peer{};
    const socklen_t length = server.to_sockaddr(peer);
    if (connect(socket->fd(), reinterpret_cast<const sockaddr*>(&peer), length) != 0) {
        return socket_fault("connecting a socket", errno);
    }
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u32 = size();
    if (epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, socket->fd(), &wanted) != 0) {
        return socket_fault("epoll", errno);
    }
    std::string name = sip::local_endpoint(*socket).to_string();
    sockets_.push_back({std::move(*socket), std::move(name)});
    return {};
}

void Datagrams::send(std::uint32_t port, std::string_view bytes) {
    const int fd = sockets_[port].socket.fd();
    ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    // An error of an earlier datagram is told to the next one, which then was not sent.
    if (sent < 0 && errno == ECONNREFUSED) {
        is_refused_ = true;
        sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    }
    if (sent < 0) ++unsent_;
}

void Datagrams::turn(PortSink& sink, base::Duration wait) {
    std::array<epoll_event, 256> ready;
    const auto microseconds = std::max<std::int64_t>(wait.count(), 0);
    const timespec patience{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
    const int count = epoll_pwait2(epoll_.fd(), ready.data(), ready.size(), &patience, nullptr);
    for (int i = 0; i < count; ++i) drain(ready[static_cast<std::size_t>(i)].data.u32, sink);
    if (std::exchange(is_refused_, false)) sink.on_refused();
}

void Datagrams::drain(std::uint32_t port, PortSink& sink) {
    const int fd = sockets_[port].socket.fd();
    // One batch a turn: a socket that is never empty must not starve the others.
    const int received = recvmmsg(fd, in_.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (received < 0) {
        if (errno == ECONNREFUSED) is_refused_ = true;
        return;
    }
    const auto answers = answer_batch(port, static_cast<std::size_t>(received), sink);
    if (answers > 0) send_answers(fd, answers);
}

std::size_t Datagrams::answer_batch(std::uint32_t port, std::size_t received, PortSink& sink) {
    std::size_t answers = 0;
    for (std::size_t i = 0; i < received; ++i) {
        if ((in_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
        AnswerText& answer = answers_[answers];
        answer.size = 0;
        sink.on_message(port, {room_.get() + i * kRoom, in_[i].msg_len}, answer);
        if (answer.size == 0) continue;
        out_parts_[answers] = {answer.bytes.data(), answer.size};
        ++answers;
    }
    return answers;
}

void Datagrams::send_answers(int fd, std::size_t count) noexcept {
    std::size_t sent = 0;
    for (int failures = 0; sent < count && failures < 2;) {
        const int taken =
            sendmmsg(fd, out_.data() + sent, static_cast<unsigned>(count - sent), MSG_DONTWAIT);
        if (taken > 0) {
            sent += static_cast<std::size_t>(taken);
        } else {
            is_refused_ = is_refused_ || errno == ECONNREFUSED;
            ++failures;
        }
    }
    unsent_ += count - sent;
}

}  // namespace herald::cli::bench
