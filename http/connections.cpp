// http/connections.cpp: reads requests, passes them on, writes answers.
#include "http/connections.h"

#include <cassert>
#include <cerrno>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "http/problem.h"
#include "http/response.h"

namespace herald::http {

namespace {

constexpr std::size_t kReadRoom = 64 << 10;
/// A connection that has been answered may send another request for so long.
constexpr std::chrono::seconds kKeepAlive{5};
/// What is still read of a request that was refused, and how long.
constexpr std::size_t kMostDrained = 8 << 20;
constexpr std::chrono::seconds kLongestDrain{2};
/// What a reader is sent next was not there at his last heartbeat.
constexpr std::size_t kUnmarked = SIZE_MAX;
/// Batches for one reader before it is the next one's turn, and readers in one turn of the loop.
constexpr int kMostBatches = 4;
constexpr std::size_t kStreamsAtOnce = 256;
/// A reader must take this much of an answer within http.request_timeout.
constexpr std::size_t kLeastWritten = 64 << 10;
/// Answers up to this size are given even where too much else is on its way.
constexpr std::size_t kSmall = 16 << 10;
/// The part of http.buffer that one source may have, once half of it is taken.
constexpr std::size_t kShares = 8;

std::uint64_t payload_of(base::SlotId id) {
    return std::uint64_t{id.generation} << 32 | id.slot;
}

base::SlotId id_of(std::uint64_t payload) {
    return {.slot = static_cast<std::uint32_t>(payload),
            .generation = static_cast<std::uint32_t>(payload >> 32)};
}

ResponseStyle style_of(const Head& head, bool is_last, std::uint32_t hsts) {
    return {.is_http10 = head.is_http10,
            .has_body = head.request.method != "HEAD",
            .is_last = is_last,
            .hsts = hsts};
}

/// A bug behind us, or memory that ran out: the peer learns that nothing is known of the outcome.
Answer answer_or_500(Service& service, const Request& request, const ReadBody& read) {
    try {
        return service.answer(request, read);
    } catch (const std::exception& error) {
        base::log_error(
            "http.failed",
            {{"method", request.method}, {"path", request.target}, {"why", error.what()}});
        return problem(500, "unknown_outcome", "The request may or may not have been carried out.",
                       request.target);
    }
}

}  // namespace

Connections::Connections(base::Loop& loop, base::Metrics& metrics, Service& service,
                         Workers& workers, server::Feed& feed, const Limits& limits)
    : loop_(loop),
      service_(service),
      workers_(workers),
      limits_(limits),
      owner_(loop.timers().add_owner([this](std::uint64_t payload) { on_timer(id_of(payload)); })),
      open_(metrics.gauge("herald_http_connections", "HTTP connections open")),
      buffered_(metrics.gauge("herald_http_buffered_bytes",
                              "Bytes of HTTP requests and answers on their way (http.buffer)")),
      gave_way_(metrics.counter("herald_http_connections_gave_way_total",
                                "Waiting HTTP connections closed for new ones (http.connections)")),
      refused_(metrics.counter("herald_http_connections_refused_total",
                               "HTTP connections closed at once: all others were busy")),
      failures_(metrics),
      streams_(loop, feed, metrics, [this] { serve_all(); }) {}

Connections::~Connections() {
    connections_.for_each([this](std::uint32_t, Connection& connection) {
        loop_.timers().cancel(connection.timer);
        loop_.unwatch(connection.socket.fd());
    });
    open_.set(0);
    buffered_.set(0);
}

void Connections::add(sip::Socket socket, const sip::Endpoint& peer) {
    if (done_) return;
    const auto taken = connections_.size() - streams_.open();
    if (taken >= limits_.connections && !make_room()) return refused_.add();
    const int fd = socket.fd();
    auto session = context_ ? context_->accept(asked_) : nullptr;
    if (context_ && !session) return refused_.add();
    const base::SlotId id =
        connections_.take(std::move(socket), peer, std::move(session), limits_.max_body);
    connections_[id.slot].source = peer.site_hash(seed_);
    const Status watched =
        loop_.watch(fd, EPOLLIN, [this, id](std::uint32_t events) { on_ready(id, events); });
    if (!watched) return static_cast<void>(connections_.release(id));
    connections_[id.slot].since = loop_.now();
    open_.add();
    charge(id.slot);
    wait(id.slot, limits_.head_timeout);
}

void Connections::stop(base::Task<void()> done) {
    done_ = std::move(done);
    connections_.for_each([this](std::uint32_t slot, Connection& connection) {
        if (connection.state == State::sending) return wait(slot, kLongestDrain);
        if (connection.state != State::answering) close(slot);
    });
    end_if_done();
}

void Connections::on_ready(base::SlotId id, std::uint32_t events) {
    Connection* const connection = connections_.find(id);
    if (connection == nullptr) return;
    const bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    if (is_broken && connection->state == State::answering) {
        // Not to be woken for it again and again; the answer will find nobody.
        connection->is_hung_up = true;
        return loop_.unwatch(connection->socket.fd());
    }
    const bool is_streaming = connection->state == State::streaming;
    if (is_streaming && is_broken) return close(id.slot);
    if (connection->state == State::draining || (is_streaming && (events & EPOLLIN) != 0))
        discard(id.slot);
    if (!connections_.holds(id) || connection->state == State::draining) return;
    if ((events & EPOLLOUT) != 0) write(id.slot);
    if (!connections_.holds(id)) return;
    if (connection->state == State::receiving && (is_broken || (events & EPOLLIN) != 0))
        read(id.slot);
    drive(id);
}

void Connections::read(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (!room_) room_ = std::make_unique_for_overwrite<char[]>(kReadRoom);
    const ssize_t size = recv(connection.socket.fd(), room_.get(), kReadRoom, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (size < 0) return close(slot);
    if (size == 0) {
        connection.has_ended = true;
        if (connection.reader.is_idle()) return close(slot);
        return connection.reader.end();
    }
    const std::string_view wire(room_.get(), static_cast<std::size_t>(size));
    if (!connection.session) return hear(slot, wire);
    if (const auto plain = decrypt(slot, wire)) hear(slot, *plain);
}

/// The time for a head runs from its first byte, or from the beginning of a handshake before it.
void Connections::hear(std::uint32_t slot, std::string_view plain) {
    Connection& connection = connections_[slot];
    const bool was_idle = connection.reader.is_idle();
    if (!plain.empty()) connection.reader.feed(plain);
    charge(slot);
    if (was_idle && !connection.reader.is_idle()) wait(slot, limits_.head_timeout);
    if (!connection.session || !connection.session->has_ended()) return;
    connection.has_ended = true;
    connection.reader.is_idle() ? close(slot) : connection.reader.end();
}

/// nullopt: it was no TLS, and the connection is gone.
std::optional<std::string_view> Connections::decrypt(std::uint32_t slot, std::string_view wire) {
    Connection& connection = connections_[slot];
    plain_.clear();
    const Status received = connection.session->receive(wire, plain_, connection.out);
    note_certificate(slot);
    if (received) return plain_;
    failures_.note(connection.peer, {}, received.fault(), loop_.now());
    static_cast<void>(::send(connection.socket.fd(), connection.out.data(), connection.out.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT));
    close(slot);
    return std::nullopt;
}

void Connections::note_certificate(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (connection.is_known || !connection.session->is_up()) return;
    connection.is_known = true;
    if (auto names = connection.session->peer_names())
        connection.reader.vouch(std::make_shared<const sip::CertificateNames>(*std::move(names)));
}

/// Only to who has asked something, and so has shaken hands.
void Connections::say(std::uint32_t slot, std::string_view bytes) {
    Connection& connection = connections_[slot];
    if (!connection.session) return static_cast<void>(connection.out += bytes);
    if (connection.session->send(bytes, connection.out)) return;
    connection.is_last = true;
}

void Connections::say_goodbye(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (!connection.session) return;
    std::string last;
    connection.session->end(last);
    static_cast<void>(
        ::send(connection.socket.fd(), last.data(), last.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

/// Goes on as far as it can without waiting.
void Connections::drive(base::SlotId id) {
    while (connections_.holds(id)) {
        const State state = connections_[id.slot].state;
        if (state == State::receiving) {
            if (!receive(id.slot)) break;
        } else if (state == State::sending) {
            write(id.slot);
        }
        if (!connections_.holds(id) || connections_[id.slot].state == state) break;
    }
    if (connections_.holds(id)) rewatch(id.slot);
}

/// False: more must come first.
bool Connections::receive(std::uint32_t slot) {
    using Stage = RequestReader::Stage;
    Connection& connection = connections_[slot];
    if (connection.reader.stage() == Stage::decided && begin(slot)) return true;
    switch (connection.reader.stage()) {
        case Stage::complete:
            hand_over(slot);
            return true;
        case Stage::refused:
            refuse(slot);
            return true;
        default:
            return false;
    }
}

/// Looks at a head. True where the request needs nothing more.
bool Connections::begin(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const Head& head = connection.reader.head();
    const Service::Next next = head.is_spoken ? service_.next(head.request) : Service::Next::answer;
    connection.is_last = !head.keeps_alive || (head.has_body() && next != Service::Next::read_body);
    if (next == Service::Next::answer) {
        respond(slot, answer_from_head(head));
    } else if (is_crowded(connection)) {
        connection.is_last = true;
        respond(slot, service_.answer_crowded(head.request));
    } else if (next == Service::Next::hand_over) {
        hand_over(slot);
    } else {
        await_body(slot);
        return false;
    }
    return true;
}

Answer Connections::answer_from_head(const Head& head) {
    if (!head.is_spoken) return service_.answer_other_version(head.request);
    const ReadBody nothing = [] { return Result<std::string>(std::string()); };
    return answer_or_500(service_, head.request, nothing);
}

void Connections::await_body(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    wait(slot, limits_.request_timeout);
    connection.reader.want_body();
    // RFC 9110 10.1.1
    if (connection.reader.head().wants_invitation && connection.reader.is_body_awaited())
        say(slot, "HTTP/1.1 100 Continue\r\n\r\n");
}

/// What cannot be read further: the head, or the body of a request that was welcome.
void Connections::refuse(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    connection.is_last = true;
    const Fault fault = connection.reader.fault();
    if (!connection.reader.has_head())
        return respond(slot, service_.answer_unreadable(fault.detail));
    respond(slot, answer_fault(connection.reader.head().request, fault));
}

Answer Connections::answer_fault(const Request& request, const Fault& fault) {
    return answer_or_500(service_, request, [&]() -> Result<std::string> { return fault; });
}

void Connections::hand_over(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const Head& head = connection.reader.head();
    connection.state = State::answering;
    std::string body = connection.reader.take_body();
    connection.lent = body.capacity();
    charge(slot);
    loop_.timers().cancel(connection.timer);
    const ResponseStyle style = style_of(head, connection.is_last, connection.session ? hsts_ : 0);
    Request request = head.request;
    request.peer = connection.peer;
    workers_.add([this, id = connections_.id_of(slot), request = std::move(request), style,
                  body = std::move(body)]() mutable {
        const ReadBody given = [&]() -> Result<std::string> { return std::move(body); };
        const Answer answer = answer_or_500(service_, request, given);
        Made made{.told = {.status = answer.status, .type = {}, .body = {}, .headers = {}},
                  .bytes = response_text(answer, style)};
        made.told.actor = answer.actor;
        made.told.client = answer.client;
        loop_.post(
            [this, id, made = std::move(made)]() mutable { on_answer(id, std::move(made)); });
    });
}

void Connections::on_answer(base::SlotId id, Made made) {
    Connection& connection = connections_[id.slot];
    const Head& head = connection.reader.head();
    log_.note(head.request, connection.peer, made.told, loop_.now());
    connection.lent = 0;
    if (connection.is_hung_up) return close(id.slot);
    // What was changed is told in any case.
    if (head.request.method == "GET" && made.bytes.size() > kSmall && is_crowded(connection)) {
        connection.is_last = true;
        made.bytes = response_text(service_.answer_crowded(head.request),
                                   style_of(head, true, connection.session ? hsts_ : 0));
    }
    say(id.slot, made.bytes);
    connection.state = State::sending;
    charge(id.slot);
    wait(id.slot, done_ ? kLongestDrain : limits_.request_timeout);
    drive(id);
}

void Connections::respond(std::uint32_t slot, const Answer& answer) {
    Connection& connection = connections_[slot];
    const Head& head = connection.reader.head();
    const bool is_stream = answer.events && head.request.method != "HEAD";
    if (is_stream && refuses_stream(slot, answer.events->token)) return;
    if (is_stream) connection.is_last = true;
    log_.note(head.request, connection.peer, answer, loop_.now());
    say(slot,
        response_text(answer, style_of(head, connection.is_last, connection.session ? hsts_ : 0)));
    connection.state = State::sending;
    if (is_stream) return stream(slot, *answer.events);
    charge(slot);
    wait(slot, limits_.request_timeout);
}

/// Whether there is no room for one more reader with this token, who is told so.
bool Connections::refuses_stream(std::uint32_t slot, const std::string& token) {
    const auto room = streams_.room_for(token, limits_);
    if (room == EventStreams::Room::enough) return false;
    streams_.count_refused(room);
    respond(slot,
            service_.answer_too_many_streams(
                connections_[slot].reader.head().request,
                room == EventStreams::Room::none_for_token ? TooMany::of_token : TooMany::of_all));
    return true;
}

/// The head is in `out`; behind it comes what happens, for as long as both like.
void Connections::stream(std::uint32_t slot, const EventOrder& order) {
    Connection& connection = connections_[slot];
    connection.stream = std::make_unique<EventStream>(EventStreams::begin(order));
    connection.state = State::streaming;
    connection.reader = RequestReader(0);
    streams_.count_open(order.token);
    say(slot, "retry: 2000\n\n");
    wait(slot, limits_.heartbeat);
    write(slot);
}

/// Sends what is new to a reader that has taken everything so far.
void Connections::serve(std::uint32_t slot) {
    const base::SlotId id = connections_.id_of(slot);
    for (int batch = 0; batch < kMostBatches; ++batch) {
        Connection& connection = connections_[slot];
        if (!connection.out.empty()) return;
        std::string events;
        const bool is_alive = streams_.take(*connection.stream, events);
        if (!events.empty()) say(slot, events);
        if (!is_alive) {
            streams_.count_cut();
            return close(slot);
        }
        if (connection.out.empty()) return;
        write_out(slot);
        if (!connections_.holds(id)) return;
    }
    serve_all();
}

/// A round over all readers, in slices: others have requests.
void Connections::serve_all() {
    is_news_ = true;
    if (has_round_ || done_) return;
    has_round_ = true;
    loop_.post([this] { serve_some(); });
}

void Connections::serve_some() {
    if (round_.empty() && std::exchange(is_news_, false)) {
        connections_.for_each([this](std::uint32_t slot, const Connection& connection) {
            if (connection.stream) round_.push_back(connections_.id_of(slot));
        });
    }
    for (std::size_t n = 0; n < kStreamsAtOnce && !round_.empty(); ++n) {
        const auto id = round_.back();
        round_.pop_back();
        if (!connections_.holds(id) || !connections_[id.slot].stream) continue;
        serve(id.slot);
        if (connections_.holds(id)) rewatch(id.slot);
    }
    has_round_ = !round_.empty() || is_news_;
    if (has_round_) loop_.post([this] { serve_some(); });
}

/// Who took nothing since the last time is gone, or as good as gone.
void Connections::beat(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const bool is_stuck = !connection.out.empty() && connection.written == connection.marked;
    if (is_stuck) {
        streams_.count_cut();
        return close(slot);
    }
    connection.marked = connection.written;
    wait(slot, limits_.heartbeat);
    if (!connection.out.empty()) return;
    say(slot, streams_.heartbeat(*connection.stream));
    const base::SlotId id = connections_.id_of(slot);
    write_out(slot);
    if (connections_.holds(id)) rewatch(slot);
}

/// Sends as much of `out` as there is room for.
void Connections::write_out(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    while (connection.written < connection.out.size()) {
        const std::string_view rest = std::string_view(connection.out).substr(connection.written);
        const ssize_t size =
            ::send(connection.socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (size < 0) return close(slot);
        connection.written += static_cast<std::size_t>(size);
    }
    if (connection.stream && connection.written == connection.out.size()) {
        std::string().swap(connection.out);
        connection.written = 0;
        connection.marked = kUnmarked;
    }
    charge(slot);
}

void Connections::write(std::uint32_t slot) {
    const base::SlotId id = connections_.id_of(slot);
    write_out(slot);
    if (!connections_.holds(id)) return;
    Connection& connection = connections_[slot];
    if (connection.stream) return serve(slot);
    if (connection.written == connection.out.size()) return on_written(slot);
    if (connection.written - connection.marked < kLeastWritten || done_) return;
    connection.marked = connection.written;
    wait(slot, limits_.request_timeout);
}

void Connections::on_written(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    std::string().swap(connection.out);
    connection.written = connection.marked = 0;
    if (connection.state == State::sending) {
        if (connection.is_last || done_) return drain(slot);
        connection.state = State::receiving;
        connection.since = loop_.now();
        connection.reader.next();
        wait(slot, connection.reader.is_idle() ? base::Duration(kKeepAlive)
                                               : base::Duration(limits_.head_timeout));
    }
    charge(slot);
}

/// Closing at once would make the kernel reset the connection while something unread is left, and
/// with it the answer still on its way.
void Connections::drain(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    say_goodbye(slot);
    shutdown(connection.socket.fd(), SHUT_WR);
    if (connection.has_ended || done_) return close(slot);
    connection.state = State::draining;
    connection.reader = RequestReader(0);
    charge(slot);
    wait(slot, kLongestDrain);
}

void Connections::discard(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    if (!room_) room_ = std::make_unique_for_overwrite<char[]>(kReadRoom);
    const ssize_t size = recv(connection.socket.fd(), room_.get(), kReadRoom, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (size > 0) connection.drained += static_cast<std::size_t>(size);
    if (size <= 0 || connection.drained > kMostDrained) close(slot);
}

void Connections::close(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    loop_.timers().cancel(connection.timer);
    loop_.unwatch(connection.socket.fd());
    used_ -= connection.charged;
    if ((by_source_[connection.source] -= connection.charged) == 0)
        by_source_.erase(connection.source);
    if (connection.stream) streams_.count_closed(connection.stream->token);
    connections_.release(slot);
    open_.set(connections_.size());
    buffered_.set(used_);
    end_if_done();
}

void Connections::on_timer(base::SlotId id) {
    if (!connections_.holds(id)) return;
    Connection& connection = connections_[id.slot];
    if (connection.stream) return beat(id.slot);
    if (connection.state != State::receiving || !connection.reader.has_head())
        return close(id.slot);
    connection.is_last = true;
    respond(id.slot, answer_fault(connection.reader.head().request,
                                  {FaultKind::timeout,
                                   "The body did not arrive within http.request_timeout."}));
    drive(id);
}

/// Closes the connection that has waited longest for a head. False: all are busy.
bool Connections::make_room() {
    std::uint32_t oldest = UINT32_MAX;
    connections_.for_each([&](std::uint32_t slot, const Connection& connection) {
        const bool waits = connection.state == State::draining ||
                           (connection.state == State::receiving && !connection.reader.has_head());
        if (!waits) return;
        if (oldest == UINT32_MAX || connection.since < connections_[oldest].since) oldest = slot;
    });
    if (oldest == UINT32_MAX) return false;
    gave_way_.add();
    close(oldest);
    return true;
}

void Connections::charge(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    const std::size_t bytes =
        connection.reader.memory() + connection.out.capacity() + connection.lent;
    used_ += bytes - connection.charged;
    by_source_[connection.source] += bytes - connection.charged;
    connection.charged = bytes;
    buffered_.set(used_);
}

/// Readers that take their time must leave room for those of other sources.
bool Connections::is_crowded(const Connection& connection) const {
    if (used_ <= limits_.buffer / 2) return false;
    const auto of_source = by_source_.find(connection.source);
    return used_ > limits_.buffer ||
           (of_source != by_source_.end() && of_source->second > limits_.buffer / kShares);
}

void Connections::wait(std::uint32_t slot, base::Duration limit) {
    Connection& connection = connections_[slot];
    loop_.timers().cancel(connection.timer);
    connection.timer =
        loop_.timers().arm(owner_, payload_of(connections_.id_of(slot)), loop_.now() + limit);
}

void Connections::rewatch(std::uint32_t slot) {
    const Connection& connection = connections_[slot];
    std::uint32_t events = 0;
    if (connection.state != State::answering && connection.state != State::sending)
        events |= EPOLLIN;
    if (connection.written < connection.out.size()) events |= EPOLLOUT;
    loop_.rewatch(connection.socket.fd(), events);
}

void Connections::end_if_done() {
    if (done_ && connections_.empty()) done_();
}

}  // namespace herald::http
