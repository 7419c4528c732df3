// http/connection_table.cpp: the connections of the HTTP server: watched, timed, and what they take
// together.
#include "http/connection_table.h"

#include <sys/epoll.h>

namespace herald::http {

namespace {

/// The part of http.buffer that one source may have, once half of it is taken.
constexpr std::size_t kShares = 8;

std::uint64_t payload_of(base::SlotId id) {
    return std::uint64_t{id.generation} << 32 | id.slot;
}

base::SlotId id_of_payload(std::uint64_t payload) {
    return {.slot = static_cast<std::uint32_t>(payload),
            .generation = static_cast<std::uint32_t>(payload >> 32)};
}

}  // namespace

ConnectionTable::ConnectionTable(base::Loop& loop, base::Metrics& metrics, const Limits& limits,
                                 Hooks hooks)
    : loop_(loop),
      limits_(limits),
      hooks_(std::move(hooks)),
      owner_(loop.timers().add_owner([this](std::uint64_t payload) {
          if (const auto id = id_of_payload(payload); connections_.holds(id)) hooks_.late(id);
      })),
      open_(metrics.gauge("herald_http_connections", "HTTP connections open")),
      buffered_(metrics.gauge("herald_http_buffered_bytes",
                              "Bytes of HTTP requests and answers on their way (http.buffer)")),
      gave_way_(
          metrics.counter("herald_http_connections_gave_way_total",
                          "Waiting HTTP connections closed for new ones (http.connections)")) {}

ConnectionTable::~ConnectionTable() {
    connections_.for_each([this](std::uint32_t, Connection& connection) {
        loop_.timers().cancel(connection.timer);
        loop_.unwatch(connection.socket.fd());
    });
    open_.set(0);
    buffered_.set(0);
}

void ConnectionTable::add(sip::Socket socket, const sip::Endpoint& peer,
                          std::unique_ptr<sip::TlsSession> session) {
    const int fd = socket.fd();
    const base::SlotId id =
        connections_.take(std::move(socket), peer, std::move(session), limits_.max_body);
    const Status watched =
        loop_.watch(fd, EPOLLIN, [this, id](std::uint32_t events) { hooks_.ready(id, events); });
    if (!watched) return static_cast<void>(connections_.release(id));
    Connection& connection = connections_[id.slot];
    connection.source = peer.site_hash(seed_);
    connection.since = loop_.now();
    open_.add();
    charge(id.slot);
    wait(id.slot, limits_.head_timeout);
}

void ConnectionTable::close(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const auto stream = std::move(connection.stream);
    loop_.timers().cancel(connection.timer);
    loop_.unwatch(connection.socket.fd());
    used_ -= connection.charged;
    if ((by_source_[connection.source] -= connection.charged) == 0)
        by_source_.erase(connection.source);
    connections_.release(slot);
    open_.set(connections_.size());
    buffered_.set(used_);
    hooks_.closed(stream.get());
}

bool ConnectionTable::make_room() {
    std::uint32_t oldest = UINT32_MAX;
    connections_.for_each([&](std::uint32_t slot, const Connection& connection) {
        if (!connection.may_give_way()) return;
        if (oldest == UINT32_MAX || connection.since < connections_[oldest].since) oldest = slot;
    });
    if (oldest == UINT32_MAX) return false;
    gave_way_.add();
    close(oldest);
    return true;
}

void ConnectionTable::wait(std::uint32_t slot, base::Duration limit) {
    wait_no_more(slot);
    connections_[slot].timer =
        loop_.timers().arm(owner_, payload_of(connections_.id_of(slot)), loop_.now() + limit);
}

void ConnectionTable::rewatch(std::uint32_t slot) {
    const Connection& connection = connections_[slot];
    loop_.rewatch(connection.socket.fd(), connection.wanted_events());
}

void ConnectionTable::charge(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const std::size_t bytes = connection.memory();
    used_ += bytes - connection.charged;
    by_source_[connection.source] += bytes - connection.charged;
    connection.charged = bytes;
    buffered_.set(used_);
}

bool ConnectionTable::is_crowded(const Connection& connection) const {
    if (used_ <= limits_.buffer / 2) return false;
    const auto of_source = by_source_.find(connection.source);
    return used_ > limits_.buffer ||
           (of_source != by_source_.end() && of_source->second > limits_.buffer / kShares);
}

}  // namespace herald::http
