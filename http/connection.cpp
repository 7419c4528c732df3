// http/connection.cpp: one connection of the HTTP server.
#include "http/connection.h"

#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace herald::http {

Connection::Connection(sip::Socket its_socket, const sip::Endpoint& its_peer,
                       std::unique_ptr<sip::TlsSession> its_session, std::size_t max_body)
    : socket(std::move(its_socket)),
      peer(its_peer),
      session(std::move(its_session)),
      reader(max_body) {
    reader.come_from(peer);
}

void Connection::say(std::string_view bytes) {
    if (!session) return static_cast<void>(out += bytes);
    if (!session->send(bytes, out)) is_last = true;
}

void Connection::say_goodbye() {
    if (!session) return;
    std::string last;
    session->end(last);
    static_cast<void>(::send(socket.fd(), last.data(), last.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

bool Connection::write_out() {
    while (written < out.size()) {
        const std::string_view rest = std::string_view(out).substr(written);
        const ssize_t size =
            ::send(socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
        if (size < 0) return false;
        written += static_cast<std::size_t>(size);
    }
    if (!stream) return true;
    std::string().swap(out);
    written = 0;
    marked = kUnmarked;
    return true;
}

void Connection::note_certificate() {
    if (is_known || !session->is_up()) return;
    is_known = true;
    if (auto names = session->peer_names())
        reader.vouch(std::make_shared<const sip::CertificateNames>(*std::move(names)));
}

bool Connection::may_give_way() const noexcept {
    return state == State::draining || (state == State::receiving && !reader.has_head());
}

std::uint32_t Connection::wanted_events() const noexcept {
    std::uint32_t events = 0;
    if (state != State::answering && state != State::sending) events |= EPOLLIN;
    if (written < out.size()) events |= EPOLLOUT;
    return events;
}

}  // namespace herald::http
