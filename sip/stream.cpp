// sip/stream.cpp: one stream: its socket, what lies over it, and how long it may be silent.
#include "sip/stream.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "sip/spare_buffers.h"

namespace herald::sip {
namespace {

/// A stream whose framing is lost waits so long for its peer to read the 400.
constexpr auto kDrainTime = std::chrono::seconds(2);

}  // namespace

std::size_t Stream::burden() const noexcept {
    const bool is_large = out.capacity() > SpareBuffers::kLargest;
    return channel.held() + (is_large ? out.capacity() : 0);
}

std::uint32_t Stream::wanted_events(bool is_reading) const noexcept {
    if (state == State::connecting) return EPOLLOUT;
    std::uint32_t events = 0;
    if (state == State::draining || (is_reading && !is_full)) events |= EPOLLIN;
    if (written < out.size()) events |= EPOLLOUT;
    return events;
}

base::Instant Stream::deadline(const StreamPatience& patience) const {
    switch (state) {
        case State::connecting:
            return since + patience.connect;
        case State::draining:
            return since + kDrainTime;
        case State::open:
            break;
    }
    if (!channel.is_up()) return since + patience.handshake;
    base::Instant end = active + patience.idle;
    if (silence > base::Duration{}) end = std::min(end, heard + silence);
    if (is_guest) end = std::min(end, born + patience.first_message);
    return is_partial ? std::min(end, since + patience.partial) : end;
}

bool Stream::write_out(base::Instant now) {
    while (written < out.size()) {
        const std::string_view rest = std::string_view(out).substr(written);
        const ssize_t size =
            ::send(socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        written += static_cast<std::size_t>(size);
        active = now;
    }
    return true;
}

}  // namespace herald::sip
