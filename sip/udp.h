// sip/udp.h: one UDP socket of one shard: datagrams in by recvmmsg, out by sendmmsg once a turn.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "sip/backlog.h"
#include "sip/socket.h"
#include "sip/stun.h"
#include "sip/transport.h"

namespace herald::sip {

/// Why datagrams went nowhere; shared by the sockets of a shard.
struct UdpCounters {
    explicit UdpCounters(base::Metrics& metrics);

    base::Counter& keep_alive;  ///< too short for a message (RFC 5626), on purpose
    base::Counter& stun;        ///< no keep-alive, too many, or not offered
    base::Counter& backlog;     ///< the socket took no more, and the queue was full
    base::Counter& unsendable;  ///< refused by the system, for that address
    base::Counter& too_large;   ///< more than a datagram can hold
    base::Counter& unread;      ///< the socket's receive buffer was full
    base::Counter& late;        ///< a request read so late that its sender may have given it up
};

/// Room for what says which address of this machine a datagram came to, or is to leave from
/// (IP_PKTINFO, RFC 3542 6.2).
struct AddressControl {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

/// The same, and room for when the kernel took the datagram in (SO_TIMESTAMPNS).
struct ReceiveControl {
    alignas(cmsghdr)
        std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(timespec))> bytes;
};

/// Room for one recvmmsg(), used again and again by all sockets of a shard, so that it stays in the
/// cache.
class ReceiveRing {
public:
    static constexpr std::size_t kDatagrams = 64;
    static constexpr std::size_t kRoom = 64 << 10;

    /// Makes the room at the first call; pages are only touched as far as datagrams fill them.
    std::array<mmsghdr, kDatagrams>& prepare();
    char* bytes(std::size_t index) noexcept { return room_.get() + index * kRoom; }
    /// Which address of this machine it was sent to; none where its socket is bound to one.
    Endpoint local(std::size_t index) noexcept;
    /// When the kernel took it in, by the system's wall clock; nullopt: the kernel did not say.
    std::optional<timespec> received(std::size_t index) noexcept;
    const sockaddr* source(std::size_t index) const noexcept {
        return reinterpret_cast<const sockaddr*>(&sources_[index]);
    }

private:
    std::unique_ptr<char[]> room_;
    std::array<iovec, kDatagrams> parts_{};
    std::array<sockaddr_storage, kDatagrams> sources_{};
    std::array<ReceiveControl, kDatagrams> controls_{};
    std::array<mmsghdr, kDatagrams> headers_{};
};

class UdpSocket {
public:
    /// Watches `socket` from now on; messages go to `sink`, which is set before the loop's next
    /// turn.
    UdpSocket(base::Loop& loop, Socket socket, std::uint8_t listener, TransportSink* const& sink,
              ReceiveRing& ring, UdpCounters& counters, std::chrono::milliseconds oldest_request,
              StunAnswers* keep_alives = nullptr);
    ~UdpSocket();
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    /// Queues one datagram for the peer of `flow`, to leave from its local address. It may be lost,
    /// as on the wire; false: it can never be sent.
    bool send(const Flow& flow, std::string_view bytes);
    /// Sends what is queued, as far as the socket takes it.
    void flush();
    /// Tells the sink which peers cannot be reached; not from within a call of it.
    void report_unreachable();
    void stop_input();
    /// How full its receive buffer is, and has been.
    Load load() const noexcept { return backlog_.load(); }

private:
    struct Queued {
        Endpoint peer;
        Endpoint local;
        std::uint32_t offset;
        std::uint32_t size;
    };

    void on_ready(std::uint32_t events);
    void receive();
    /// Looks at what is left in the receive buffer, and at what it had no room for.
    void measure_backlog();
    void deliver(std::size_t index, std::size_t size);
    /// Whether it waited in the socket for longer than a request may: by `now` of the wall clock.
    bool is_late(std::size_t index, const timespec& now) noexcept;
    void answer_stun(std::string_view datagram, const Flow& flow);
    int send_batch(std::size_t first);
    /// Decides about the first datagram that could not be sent; returns how many to skip.
    std::size_t on_send_error(int error, std::size_t first);
    void keep_from(std::size_t first);
    void wait_for_room(bool wanted);
    void read_errors();
    void note_unreachable(const Endpoint& peer);
    std::uint32_t wanted_events() const;

    base::Loop& loop_;
    Socket socket_;
    const std::uint8_t listener_;
    TransportSink* const& sink_;
    ReceiveRing& ring_;
    UdpCounters& counters_;
    const std::chrono::milliseconds oldest_request_;
    StunAnswers* const keep_alives_;  ///< null: none are given
    Backlog backlog_;
    std::uint32_t unread_ = 0;  ///< as the kernel counts them, of the socket's whole life
    std::string arena_;         ///< the bytes of queue_
    std::vector<Queued> queue_;
    std::vector<Endpoint> unreachable_;
    bool has_answers_ = false;  ///< to keep-alives, queued since the last flush()
    bool is_waiting_ = false;   ///< for room in the socket's buffer
    bool is_reading_ = true;
    bool is_retrying_ = false;  ///< the first of the queue failed once, maybe for another's error
};

}  // namespace herald::sip
