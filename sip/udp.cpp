// sip/udp.cpp: batched datagrams, and what ICMP says about them.
#include "sip/udp.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/epoll.h>

#include "sip/local_addresses.h"

namespace herald::sip {
namespace {

constexpr std::size_t kBatchesPerTurn = 4;
constexpr std::size_t kSendBatch = 64;
constexpr std::size_t kFlushAt = 256 << 10;
/// Queued at most while the socket takes nothing.
constexpr std::size_t kBacklog = 4 << 20;
/// Shorter than any message: keep-alives of one to four bytes, and nothing at all.
constexpr std::size_t kShortest = 16;
constexpr std::size_t kErrorsPerTurn = 256;

base::Counter& dropped(base::Metrics& metrics, const char* reason) {
    return metrics.counter("herald_sip_datagrams_dropped_total",
                           "UDP datagrams received or to be sent that were dropped",
                           {{"reason", reason}});
}

/// Host, network, protocol or port unreachable; time exceeded and the like are passing (RFC
/// 3261 18.4).
bool says_unreachable(const sock_extended_err& error) {
    if (error.ee_origin == SO_EE_ORIGIN_ICMP) {
        return error.ee_type == ICMP_DEST_UNREACH && error.ee_code != ICMP_FRAG_NEEDED;
    }
    if (error.ee_origin == SO_EE_ORIGIN_ICMP6) return error.ee_type == ICMP6_DST_UNREACH;
    return false;
}

bool is_error_cmsg(const cmsghdr& control) {
    return (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_RECVERR) ||
           (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_RECVERR);
}

/// What the system says of the address that a datagram was sent to. One that many machines have is
/// nothing to answer from.
Endpoint local_in(const cmsghdr& control) {
    if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO) {
        in_pktinfo info;
        std::copy_n(CMSG_DATA(&control), sizeof info, reinterpret_cast<unsigned char*>(&info));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr = info.ipi_spec_dst;
        return Endpoint(reinterpret_cast<const sockaddr*>(&address));
    }
    if (control.cmsg_level != IPPROTO_IPV6 || control.cmsg_type != IPV6_PKTINFO) return {};
    in6_pktinfo info;
    std::copy_n(CMSG_DATA(&control), sizeof info, reinterpret_cast<unsigned char*>(&info));
    if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr)) return {};
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) address.sin6_scope_id = info.ipi6_ifindex;
    return Endpoint(reinterpret_cast<const sockaddr*>(&address));
}

/// What a control message holds, where it is of this kind and whole.
template <class Info>
std::optional<Info> info_of(const cmsghdr& control, int level, int type) {
    if (control.cmsg_level != level || control.cmsg_type != type) return std::nullopt;
    if (control.cmsg_len < CMSG_LEN(sizeof(Info))) return std::nullopt;
    Info info;
    std::copy_n(CMSG_DATA(&control), sizeof info, reinterpret_cast<unsigned char*>(&info));
    return info;
}

std::chrono::nanoseconds since_epoch(const timespec& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

timespec wall_clock() noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

template <class Info>
void put_control(msghdr& message, AddressControl& control, int level, int type, const Info& info) {
    control.bytes.fill(0);
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(sizeof info);
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = level;
    head->cmsg_type = type;
    head->cmsg_len = CMSG_LEN(sizeof info);
    std::copy_n(reinterpret_cast<const unsigned char*>(&info), sizeof info, CMSG_DATA(head));
}

/// Has a datagram leave from `local`, one of this machine's addresses.
void leave_from(const Endpoint& local, msghdr& message, AddressControl& control) {
    sockaddr_storage address{};
    local.to_sockaddr(address);
    if (local.is_ipv6()) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
        in6_pktinfo info{};
        info.ipi6_addr = in6.sin6_addr;
        info.ipi6_ifindex = in6.sin6_scope_id;
        return put_control(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
    in_pktinfo info{};
    info.ipi_spec_dst = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    put_control(message, control, IPPROTO_IP, IP_PKTINFO, info);
}

/// Errors that may mean that the address to leave from is none of this machine's any more.
bool may_be_about_source(int error) noexcept {
    return error == EINVAL || error == EADDRNOTAVAIL || error == ENETUNREACH;
}

/// RFC 3261 7.2: a response begins with the version, a request with its method.
bool is_answer(std::string_view bytes) noexcept {
    return bytes.starts_with("SIP/");
}

}  // namespace

UdpCounters::UdpCounters(base::Metrics& metrics)
    : keep_alive(dropped(metrics, "keep-alive")),
      stun(dropped(metrics, "stun")),
      backlog(dropped(metrics, "send backlog")),
      unsendable(dropped(metrics, "unsendable")),
      too_large(dropped(metrics, "too large")),
      unread(dropped(metrics, "receive buffer full")),
      late(dropped(metrics, "read late")) {}

std::array<mmsghdr, ReceiveRing::kDatagrams>& ReceiveRing::prepare() {
    if (!room_) {
        room_ = std::make_unique_for_overwrite<char[]>(kDatagrams * kRoom);
        for (std::size_t i = 0; i < kDatagrams; ++i) {
            parts_[i] = {.iov_base = bytes(i), .iov_len = kRoom};
            headers_[i].msg_hdr.msg_iov = &parts_[i];
            headers_[i].msg_hdr.msg_iovlen = 1;
            headers_[i].msg_hdr.msg_name = &sources_[i];
        }
    }
    for (std::size_t i = 0; i < kDatagrams; ++i) {
        msghdr& header = headers_[i].msg_hdr;
        header.msg_namelen = sizeof(sockaddr_storage);
        header.msg_control = controls_[i].bytes.data();
        header.msg_controllen = controls_[i].bytes.size();
    }
    return headers_;
}

Endpoint ReceiveRing::local(std::size_t index) noexcept {
    msghdr& header = headers_[index].msg_hdr;
    for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
        const Endpoint found = local_in(*at);
        if (found.is_valid()) return found;
    }
    return {};
}

std::optional<timespec> ReceiveRing::received(std::size_t index) noexcept {
    msghdr& header = headers_[index].msg_hdr;
    for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
        if (const auto time = info_of<timespec>(*at, SOL_SOCKET, SO_TIMESTAMPNS)) return time;
    }
    return std::nullopt;
}

UdpSocket::UdpSocket(base::Loop& loop, Socket socket, std::uint8_t listener,
                     TransportSink* const& sink, ReceiveRing& ring, UdpCounters& counters,
                     std::chrono::milliseconds oldest_request, StunAnswers* keep_alives)
    : loop_(loop),
      socket_(std::move(socket)),
      listener_(listener),
      sink_(sink),
      ring_(ring),
      counters_(counters),
      oldest_request_(oldest_request),
      keep_alives_(keep_alives) {
    const Status watched = loop_.watch(socket_.fd(), wanted_events(),
                                       [this](std::uint32_t events) { on_ready(events); });
    assert(watched);
    static_cast<void>(watched);
}

UdpSocket::~UdpSocket() {
    loop_.unwatch(socket_.fd());
}

bool UdpSocket::send(const Flow& flow, std::string_view bytes) {
    if (bytes.size() > kMostInDatagram) {
        counters_.too_large.add();
        return false;
    }
    if (!is_waiting_ && arena_.size() + bytes.size() > kFlushAt) flush();
    if (is_waiting_ && arena_.size() + bytes.size() > kBacklog) {
        counters_.backlog.add();
        return true;
    }
    queue_.push_back({.peer = flow.peer,
                      .local = flow.local(),
                      .offset = static_cast<std::uint32_t>(arena_.size()),
                      .size = static_cast<std::uint32_t>(bytes.size())});
    arena_ += bytes;
    return true;
}

void UdpSocket::flush() {
    std::size_t first = 0;
    while (first < queue_.size()) {
        const int sent = send_batch(first);
        if (sent > 0) {
            is_retrying_ = false;
            first += static_cast<std::size_t>(sent);
            continue;
        }
        const int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK) {
            keep_from(first);
            return wait_for_room(true);
        }
        first += on_send_error(error, first);
    }
    keep_from(first);
    wait_for_room(false);
}

int UdpSocket::send_batch(std::size_t first) {
    std::array<mmsghdr, kSendBatch> headers;
    std::array<iovec, kSendBatch> parts;
    std::array<sockaddr_storage, kSendBatch> peers;
    std::array<AddressControl, kSendBatch> controls;
    const std::size_t count = std::min(kSendBatch, queue_.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
        const Queued& queued = queue_[first + i];
        parts[i] = {.iov_base = arena_.data() + queued.offset, .iov_len = queued.size};
        headers[i] = {};
        headers[i].msg_hdr.msg_name = &peers[i];
        headers[i].msg_hdr.msg_namelen = queued.peer.to_sockaddr(peers[i]);
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
        if (queued.local.is_valid()) leave_from(queued.local, headers[i].msg_hdr, controls[i]);
    }
    return sendmmsg(socket_.fd(), headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
}

std::size_t UdpSocket::on_send_error(int error, std::size_t first) {
    if (error == EINTR) return 0;
    // With IP_RECVERR an earlier datagram's error is told to whoever sends next: take it away and
    // try once more.
    if (!is_retrying_) {
        is_retrying_ = true;
        read_errors();
        return 0;
    }
    is_retrying_ = false;
    if (queue_[first].local.is_valid() && may_be_about_source(error)) {
        queue_[first].local = {};
        return 0;
    }
    counters_.unsendable.add();
    if (error == ENETUNREACH || error == EHOSTUNREACH || error == ECONNREFUSED || error == EACCES ||
        error == EPERM || error == EINVAL || error == EADDRNOTAVAIL) {
        note_unreachable(queue_[first].peer);
    }
    return 1;
}

void UdpSocket::keep_from(std::size_t first) {
    if (first == queue_.size()) {
        queue_.clear();
        arena_.clear();
        // A backlog is rare and should not be paid for ever after.
        if (arena_.capacity() > 2 * kFlushAt) arena_ = {};
        return;
    }
    if (first == 0) return;
    const std::uint32_t gone = queue_[first].offset;
    arena_.erase(0, gone);
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first));
    for (Queued& queued : queue_) queued.offset -= gone;
}

void UdpSocket::wait_for_room(bool wanted) {
    if (is_waiting_ == wanted) return;
    is_waiting_ = wanted;
    loop_.rewatch(socket_.fd(), wanted_events());
}

std::uint32_t UdpSocket::wanted_events() const {
    std::uint32_t events = 0;
    if (is_reading_) events |= EPOLLIN;
    if (is_waiting_) events |= EPOLLOUT;
    return events;
}

void UdpSocket::stop_input() {
    is_reading_ = false;
    loop_.rewatch(socket_.fd(), wanted_events());
}

void UdpSocket::on_ready(std::uint32_t events) {
    if ((events & EPOLLERR) != 0) {
        read_errors();
        report_unreachable();
    }
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & EPOLLIN) != 0 && is_reading_) receive();
}

void UdpSocket::receive() {
    // Not until it is empty: output, timers and other sockets have their turn too.
    for (std::size_t batch = 0; batch < kBatchesPerTurn && is_reading_; ++batch) {
        auto& headers = ring_.prepare();
        const int count = recvmmsg(socket_.fd(), headers.data(),
                                   static_cast<unsigned>(headers.size()), MSG_DONTWAIT, nullptr);
        if (count <= 0) return backlog_.empty();
        const auto read = static_cast<std::size_t>(count);
        const timespec now = wall_clock();
        std::size_t answers = 0;
        for (std::size_t i = 0; i < read; ++i) {
            // Looked at before the message is handed over: reading may change it.
            const bool answer = is_answer({ring_.bytes(i), headers[i].msg_len});
            answers += answer ? 1 : 0;
            if (!answer && is_late(i, now)) {
                counters_.late.add();
            } else {
                deliver(i, headers[i].msg_len);
            }
        }
        if (std::exchange(has_answers_, false)) flush();
        if (read < headers.size()) return backlog_.empty();
        backlog_.read(read - answers, answers);
        measure_backlog();
    }
}

void UdpSocket::measure_backlog() {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (getsockopt(socket_.fd(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return;
    const std::uint64_t used = memory[SK_MEMINFO_RMEM_ALLOC];
    const std::uint64_t room = std::max<std::uint64_t>(1, memory[SK_MEMINFO_RCVBUF]);
    backlog_.standing(static_cast<unsigned>(used * 1000 / room), loop_.clock().now());
    counters_.unread.add(memory[SK_MEMINFO_DROPS] -
                         std::exchange(unread_, memory[SK_MEMINFO_DROPS]));
}

bool UdpSocket::is_late(std::size_t index, const timespec& now) noexcept {
    const auto received = ring_.received(index);
    return received && since_epoch(now) - since_epoch(*received) > oldest_request_;
}

void UdpSocket::deliver(std::size_t index, std::size_t size) {
    char* const bytes = ring_.bytes(index);
    if (size < kShortest) return counters_.keep_alive.add();
    const Flow flow{.peer = Endpoint(ring_.source(index)),
                    .protocol = Protocol::udp,
                    .listener = listener_,
                    .generation = number_of_local(ring_.local(index))};
    // RFC 5626 8: the first octet tells STUN from SIP.
    if (bytes[0] == 0 || bytes[0] == 1) return answer_stun({bytes, size}, flow);
    sink_->on_message({bytes, size}, flow, Framing::datagram);
}

void UdpSocket::answer_stun(std::string_view datagram, const Flow& flow) {
    const auto answer = keep_alives_ == nullptr
                            ? std::nullopt
                            : keep_alives_->answer(datagram, flow.peer, loop_.now());
    if (!answer) return counters_.stun.add();
    send(flow, *answer);
    has_answers_ = true;
}

void UdpSocket::read_errors() {
    for (std::size_t i = 0; i < kErrorsPerTurn; ++i) {
        sockaddr_storage peer{};
        alignas(cmsghdr) char control[512];
        char head[64];  // of the datagram it is about; not looked at
        iovec part{.iov_base = head, .iov_len = sizeof head};
        msghdr message{};
        message.msg_name = &peer;
        message.msg_namelen = sizeof peer;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        if (recvmsg(socket_.fd(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
        for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
            if (!is_error_cmsg(*at)) continue;
            sock_extended_err error;
            std::copy_n(CMSG_DATA(at), sizeof error, reinterpret_cast<unsigned char*>(&error));
            if (says_unreachable(error)) {
                note_unreachable(Endpoint(reinterpret_cast<const sockaddr*>(&peer)));
            }
        }
    }
}

void UdpSocket::note_unreachable(const Endpoint& peer) {
    if (unreachable_.empty() || unreachable_.back() != peer) unreachable_.push_back(peer);
}

void UdpSocket::report_unreachable() {
    for (const Endpoint& peer : std::exchange(unreachable_, {})) sink_->on_unreachable(peer);
}

}  // namespace herald::sip
