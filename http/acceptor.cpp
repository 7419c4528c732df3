// http/acceptor.cpp: accept(), and patience where descriptors have run out.
#include "http/acceptor.h"

#include <cassert>
#include <cerrno>
#include <chrono>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"

namespace herald::http {

namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

Acceptor::Acceptor(base::Loop& loop, sip::Socket listening, Sink sink)
    : loop_(loop), listening_(std::move(listening)), sink_(std::move(sink)) {
    const Status watched =
        loop_.watch(listening_.fd(), EPOLLIN, [this](std::uint32_t) { accept(); });
    assert(watched);
    static_cast<void>(watched);
}

Acceptor::~Acceptor() {
    stop();
}

void Acceptor::stop() {
    loop_.timers().cancel(resume_);
    if (listening_) loop_.unwatch(listening_.fd());
    listening_ = sip::Socket();
}

void Acceptor::accept() {
    for (int i = 0; i < kAcceptsPerTurn && listening_; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        sip::Socket socket(accept4(listening_.fd(), reinterpret_cast<sockaddr*>(&address), &size,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            sink_(std::move(socket), sip::Endpoint(reinterpret_cast<const sockaddr*>(&address)));
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) pause();
        return;
    }
}

/// Without descriptors the socket would stay ready and the loop would spin.
void Acceptor::pause() {
    if (resume_) return;
    base::log_warning("http.accept_paused", {{"reason", "out of file descriptors"}});
    loop_.rewatch(listening_.fd(), 0);
    resume_ = loop_.timers().arm(loop_.now() + kPause, [this] {
        resume_ = {};
        loop_.rewatch(listening_.fd(), EPOLLIN);
    });
}

}  // namespace herald::http
