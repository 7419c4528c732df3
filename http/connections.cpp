// http/connections.cpp: reads requests, passes them on, writes answers.
#include "http/connections.h"

#include <chrono>
#include <exception>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "http/problem.h"

namespace herald::http {

namespace {

/// A connection that has been answered may send another request for so long.
constexpr std::chrono::seconds kKeepAlive{5};
/// How long a request that was refused is still read.
constexpr std::chrono::seconds kLongestDrain{2};
/// A reader must take this much of an answer within http.request_timeout.
constexpr std::size_t kLeastWritten = 64 << 10;
/// Answers up to this size are given even where too much else is on its way.
constexpr std::size_t kSmall = 16 << 10;

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

Answer answer_from_head(Service& service, const Head& head) {
    if (!head.is_spoken) return service.answer_other_version(head.request);
    const ReadBody nothing = [] { return Result<std::string>(std::string()); };
    return answer_or_500(service, head.request, nothing);
}

Answer answer_fault(Service& service, const Request& request, const Fault& fault) {
    return answer_or_500(service, request, [&]() -> Result<std::string> { return fault; });
}

}  // namespace

Connections::Connections(base::Loop& loop, base::Metrics& metrics, Service& service,
                         Workers& workers, server::Feed& feed, const Limits& limits)
    : loop_(loop),
      service_(service),
      workers_(workers),
      limits_(limits),
      refused_(metrics.counter("herald_http_connections_refused_total",
                               "HTTP connections closed at once: all others were busy")),
      table_(loop, metrics, limits,
             {.ready = [this](base::SlotId id, std::uint32_t events) { on_ready(id, events); },
              .late = [this](base::SlotId id) { on_late(id); },
              .closed = [this](const EventStream* stream) { on_closed(stream); }}),
      input_(metrics),
      readers_(loop, feed, metrics, table_, limits) {}

void Connections::add(sip::Socket socket, const sip::Endpoint& peer) {
    if (done_) return;
    const auto taken = table_.size() - readers_.count();
    if (taken >= limits_.connections && !table_.make_room()) return refused_.add();
    auto session = context_ ? context_->accept(asked_) : nullptr;
    if (context_ && !session) return refused_.add();
    table_.add(std::move(socket), peer, std::move(session));
}

void Connections::stop(base::Task<void()> done) {
    done_ = std::move(done);
    readers_.stop();
    table_.for_each([this](std::uint32_t slot, Connection& connection) {
        if (connection.state == State::sending) return table_.wait(slot, kLongestDrain);
        if (connection.state != State::answering) table_.close(slot);
    });
    end_if_done();
}

void Connections::on_ready(base::SlotId id, std::uint32_t events) {
    Connection* const connection = table_.find(id);
    if (connection == nullptr) return;
    const bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    if (is_broken && connection->state == State::answering) {
        // Not to be woken for it again and again; the answer will find nobody.
        connection->is_hung_up = true;
        return loop_.unwatch(connection->socket.fd());
    }
    const bool is_streaming = connection->state == State::streaming;
    if (is_streaming && is_broken) return table_.close(id.slot);
    const bool is_draining = connection->state == State::draining;
    const bool is_ignored = is_draining || (is_streaming && (events & EPOLLIN) != 0);
    if (is_ignored && !input_.discard(*connection)) return table_.close(id.slot);
    if (is_draining) return;
    if ((events & EPOLLOUT) != 0) write(id.slot);
    if (!table_.holds(id)) return;
    if (connection->state == State::receiving && (is_broken || (events & EPOLLIN) != 0))
        read(id.slot);
    drive(id);
}

/// The time for a head runs from its first byte, or from the beginning of a handshake before it.
void Connections::read(std::uint32_t slot) {
    const auto heard = input_.read(table_[slot], loop_.now());
    if (heard == ConnectionInput::Heard::gone) return table_.close(slot);
    table_.charge(slot);
    if (heard == ConnectionInput::Heard::begins) table_.wait(slot, limits_.head_timeout);
}

/// Goes on as far as it can without waiting.
void Connections::drive(base::SlotId id) {
    while (table_.holds(id)) {
        const State state = table_[id.slot].state;
        if (state == State::receiving) {
            if (!receive(id.slot)) break;
        } else if (state == State::sending) {
            write(id.slot);
        }
        if (!table_.holds(id) || table_[id.slot].state == state) break;
    }
    if (table_.holds(id)) table_.rewatch(id.slot);
}

/// False: more must come first.
bool Connections::receive(std::uint32_t slot) {
    using Stage = RequestReader::Stage;
    const Connection& connection = table_[slot];
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
    Connection& connection = table_[slot];
    const Head& head = connection.reader.head();
    const Service::Next next = head.is_spoken ? service_.next(head.request) : Service::Next::answer;
    connection.is_last = !head.keeps_alive || (head.has_body() && next != Service::Next::read_body);
    if (next == Service::Next::answer) {
        respond(slot, answer_from_head(service_, head));
    } else if (table_.is_crowded(connection)) {
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

void Connections::await_body(std::uint32_t slot) {
    Connection& connection = table_[slot];
    table_.wait(slot, limits_.request_timeout);
    connection.reader.want_body();
    // RFC 9110 10.1.1
    if (connection.reader.head().wants_invitation && connection.reader.is_body_awaited())
        connection.say("HTTP/1.1 100 Continue\r\n\r\n");
}

/// What cannot be read further: the head, or the body of a request that was welcome.
void Connections::refuse(std::uint32_t slot) {
    Connection& connection = table_[slot];
    connection.is_last = true;
    const Fault fault = connection.reader.fault();
    if (!connection.reader.has_head())
        return respond(slot, service_.answer_unreadable(fault.detail));
    respond(slot, answer_fault(service_, connection.reader.head().request, fault));
}

ResponseStyle Connections::style_of(const Connection& connection) const {
    const Head& head = connection.reader.head();
    return {.is_http10 = head.is_http10,
            .has_body = head.request.method != "HEAD",
            .is_last = connection.is_last,
            .hsts = connection.session ? hsts_ : 0};
}

void Connections::hand_over(std::uint32_t slot) {
    Connection& connection = table_[slot];
    connection.state = State::answering;
    std::string body = connection.reader.take_body();
    connection.lent = body.capacity();
    table_.charge(slot);
    table_.wait_no_more(slot);
    Request request = connection.reader.head().request;
    request.peer = connection.peer;
    workers_.add([this, id = table_.id_of(slot), request = std::move(request),
                  style = style_of(connection), body = std::move(body)]() mutable {
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
    Connection& connection = table_[id.slot];
    const Head& head = connection.reader.head();
    log_.note(head.request, connection.peer, made.told, loop_.now());
    connection.lent = 0;
    if (connection.is_hung_up) return table_.close(id.slot);
    // What was changed is told in any case.
    const bool may_be_withheld = head.request.method == "GET" && made.bytes.size() > kSmall;
    if (may_be_withheld && table_.is_crowded(connection)) {
        connection.is_last = true;
        made.bytes = response_text(service_.answer_crowded(head.request), style_of(connection));
    }
    connection.say(made.bytes);
    connection.state = State::sending;
    table_.charge(id.slot);
    table_.wait(id.slot, done_ ? kLongestDrain : limits_.request_timeout);
    drive(id);
}

void Connections::respond(std::uint32_t slot, const Answer& answer) {
    Connection& connection = table_[slot];
    const Head& head = connection.reader.head();
    const bool is_stream = answer.events && head.request.method != "HEAD";
    if (is_stream) {
        if (const auto refused = readers_.refusal_of(answer.events->token))
            return respond(slot, service_.answer_too_many_streams(head.request, *refused));
        connection.is_last = true;
    }
    log_.note(head.request, connection.peer, answer, loop_.now());
    connection.say(response_text(answer, style_of(connection)));
    connection.state = State::sending;
    if (is_stream) return readers_.begin(slot, *answer.events);
    table_.charge(slot);
    table_.wait(slot, limits_.request_timeout);
}

void Connections::write(std::uint32_t slot) {
    Connection& connection = table_[slot];
    if (!connection.write_out()) return table_.close(slot);
    table_.charge(slot);
    if (connection.stream) return readers_.serve(slot);
    if (connection.is_written()) return on_written(slot);
    if (connection.written - connection.marked < kLeastWritten || done_) return;
    connection.marked = connection.written;
    table_.wait(slot, limits_.request_timeout);
}

void Connections::on_written(std::uint32_t slot) {
    Connection& connection = table_[slot];
    std::string().swap(connection.out);
    connection.written = connection.marked = 0;
    if (connection.state == State::sending) {
        if (connection.is_last || done_) return drain(slot);
        connection.state = State::receiving;
        connection.since = loop_.now();
        connection.reader.next();
        table_.wait(slot, connection.reader.is_idle() ? base::Duration(kKeepAlive)
                                                      : base::Duration(limits_.head_timeout));
    }
    table_.charge(slot);
}

/// Closing at once would make the kernel reset the connection while something unread is left, and
/// with it the answer still on its way.
void Connections::drain(std::uint32_t slot) {
    Connection& connection = table_[slot];
    connection.say_goodbye();
    shutdown(connection.socket.fd(), SHUT_WR);
    if (connection.has_ended || done_) return table_.close(slot);
    connection.state = State::draining;
    connection.reader = RequestReader(0);
    table_.charge(slot);
    table_.wait(slot, kLongestDrain);
}

void Connections::on_late(base::SlotId id) {
    Connection& connection = table_[id.slot];
    if (connection.stream) return readers_.beat(id.slot);
    if (connection.state != State::receiving || !connection.reader.has_head())
        return table_.close(id.slot);
    connection.is_last = true;
    respond(id.slot, answer_fault(service_, connection.reader.head().request,
                                  {FaultKind::timeout,
                                   "The body did not arrive within http.request_timeout."}));
    drive(id);
}

void Connections::on_closed(const EventStream* stream) {
    if (stream) readers_.on_closed(*stream);
    end_if_done();
}

void Connections::end_if_done() {
    if (done_ && table_.size() == 0) done_();
}

}  // namespace herald::http
