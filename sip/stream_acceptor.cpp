// sip/stream_acceptor.cpp: takes in who connects, as long as there are descriptors and room.
#include "sip/stream_acceptor.h"

#include <cassert>
#include <cerrno>
#include <chrono>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"

namespace herald::sip {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr auto kPause = std::chrono::milliseconds(100);
/// A lack of descriptors is logged once in this time.
constexpr auto kShortTold = std::chrono::minutes(1);

bool is_lack_of_room(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

StreamAcceptor::StreamAcceptor(base::Loop& loop, base::Metrics& metrics, StreamLimits& limits,
                               Admit admit)
    : loop_(loop),
      limits_(limits),
      admit_(std::move(admit)),
      refused_(metrics.counter("herald_sip_connections_refused_total",
                               "Streams closed at once because there are too many")) {}

StreamAcceptor::~StreamAcceptor() {
    loop_.timers().cancel(resume_);
    for (const Listener& listener : listeners_) loop_.unwatch(listener.socket.fd());
}

void StreamAcceptor::listen(Socket socket, const StreamListener& listener) {
    const std::size_t index = listeners_.size();
    const Status watched =
        loop_.watch(socket.fd(), EPOLLIN, [this, index](std::uint32_t) { accept_from(index); });
    assert(watched);
    static_cast<void>(watched);
    listeners_.push_back({.socket = std::move(socket), .its = listener});
}

void StreamAcceptor::stop() {
    is_accepting_ = false;
    watch_for(0);
}

void StreamAcceptor::accept_from(std::size_t listener) {
    for (int i = 0; i < kAcceptsPerTurn && is_accepting_; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        Socket socket(accept4(listeners_[listener].socket.fd(),
                              reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket) {
            if (is_lack_of_room(errno)) pause();
            if (errno == ECONNABORTED || errno == EINTR) continue;
            return;
        }
        const Endpoint peer(reinterpret_cast<const sockaddr*>(&address));
        if (!limits_.enter(peer)) {
            refused_.add();
            continue;
        }
        admit_(std::move(socket), peer, listeners_[listener].its);
    }
}

/// Without descriptors the listeners would stay ready and the loop would spin.
void StreamAcceptor::pause() {
    if (resume_) return;
    tell_of_lack();
    watch_for(0);
    resume_ = loop_.timers().arm(loop_.now() + kPause, [this] {
        resume_ = {};
        if (is_accepting_) watch_for(EPOLLIN);
    });
}

void StreamAcceptor::tell_of_lack() {
    if (told_short_ != base::Instant{} && loop_.now() - told_short_ < kShortTold) return;
    told_short_ = loop_.now();
    base::log_warning("sip.accept_paused", {{"reason", "out of file descriptors"},
                                            {"connections", limits_.connections()}});
}

void StreamAcceptor::watch_for(std::uint32_t events) {
    for (const Listener& listener : listeners_) loop_.rewatch(listener.socket.fd(), events);
}

}  // namespace herald::sip
