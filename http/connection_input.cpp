// http/connection_input.cpp: what the connections of the HTTP server bring: read and decrypted.
#include "http/connection_input.h"

#include <cerrno>

#include <sys/socket.h>

namespace herald::http {

namespace {

constexpr std::size_t kReadRoom = 64 << 10;
/// What is still read of a request that was refused.
constexpr std::size_t kMostDrained = 8 << 20;

bool is_nothing_yet(ssize_t size) {
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/// The peer sends no more.
ConnectionInput::Heard end(Connection& connection) {
    connection.has_ended = true;
    if (connection.reader.is_idle()) return ConnectionInput::Heard::gone;
    connection.reader.end();
    return ConnectionInput::Heard::more;
}

}  // namespace

ssize_t ConnectionInput::receive(const Connection& connection) {
    if (!room_) room_ = std::make_unique_for_overwrite<char[]>(kReadRoom);
    return recv(connection.socket.fd(), room_.get(), kReadRoom, MSG_DONTWAIT);
}

ConnectionInput::Heard ConnectionInput::read(Connection& connection, base::Instant now) {
    const ssize_t size = receive(connection);
    if (is_nothing_yet(size)) return Heard::more;
    if (size < 0) return Heard::gone;
    if (size == 0) return end(connection);
    const std::string_view wire(room_.get(), static_cast<std::size_t>(size));
    if (!connection.session) return hear(connection, wire);
    const auto plain = decrypt(connection, wire, now);
    return plain ? hear(connection, *plain) : Heard::gone;
}

ConnectionInput::Heard ConnectionInput::hear(Connection& connection, std::string_view plain) {
    const bool was_idle = connection.reader.is_idle();
    if (!plain.empty()) connection.reader.feed(plain);
    const bool begins = was_idle && !connection.reader.is_idle();
    const bool is_over = connection.session && connection.session->has_ended();
    if (is_over && end(connection) == Heard::gone) return Heard::gone;
    return begins ? Heard::begins : Heard::more;
}

/// nullopt: it was no TLS.
std::optional<std::string_view> ConnectionInput::decrypt(Connection& connection,
                                                         std::string_view wire, base::Instant now) {
    plain_.clear();
    const Status received = connection.session->receive(wire, plain_, connection.out);
    connection.note_certificate();
    if (received) return plain_;
    failures_.note(connection.peer, {}, received.fault(), now);
    static_cast<void>(::send(connection.socket.fd(), connection.out.data(), connection.out.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT));
    return std::nullopt;
}

bool ConnectionInput::discard(Connection& connection) {
    const ssize_t size = receive(connection);
    if (size <= 0) return is_nothing_yet(size);
    connection.drained += static_cast<std::size_t>(size);
    return connection.drained <= kMostDrained;
}

}  // namespace herald::http
