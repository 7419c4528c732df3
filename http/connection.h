// http/connection.h: one connection of the HTTP server: its socket, what was read of a request, and
// what is to be written.
//
//                    nothing more is needed        its answer
//   receiving ------------------------------------------------> sending --the last--> draining
//      \___ asked for events: streaming, until one of the two ends it
//      |   ^ \______ whole, and takes time ______> answering ____^   |                    |
//      |   |____________________________ another may come ___________|      2 s, or its end
//      late (in the head without a word), or nobody there: gone
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/time.h"
#include "http/event_streams.h"
#include "http/request_reader.h"
#include "sip/endpoint.h"
#include "sip/socket.h"
#include "sip/tls.h"

namespace herald::http {

struct Connection {
    enum class State : std::uint8_t { receiving, answering, sending, streaming, draining };
    /// What a reader is sent next was not there at his last heartbeat.
    static constexpr std::size_t kUnmarked = SIZE_MAX;

    Connection(sip::Socket its_socket, const sip::Endpoint& its_peer,
               std::unique_ptr<sip::TlsSession> its_session, std::size_t max_body);

    sip::Socket socket;
    sip::Endpoint peer;
    std::uint64_t source = 0;                  ///< hash of its address, or of its site
    std::unique_ptr<sip::TlsSession> session;  ///< null: in clear
    RequestReader reader;
    std::string out;          ///< encrypted already
    std::size_t written = 0;  ///< of out
    std::size_t marked = 0;   ///< of out, when the timer was armed
    std::size_t lent = 0;     ///< bytes of its request at the workers
    std::size_t charged = 0;  ///< of memory(), as counted
    std::size_t drained = 0;
    base::Instant since;  ///< it waits for a request
    base::TimerId timer;
    std::unique_ptr<EventStream> stream;  ///< of events, once it was asked for
    State state = State::receiving;
    bool is_last = false;     ///< nothing is read behind this request
    bool has_ended = false;   ///< the peer sends no more
    bool is_hung_up = false;  ///< there is no peer any more
    bool is_known = false;    ///< its certificate was looked at

    /// Queues bytes. Only to who has asked something, and so has shaken hands.
    void say(std::string_view bytes);
    /// At once, past what is queued.
    void say_goodbye();
    /// Gives the socket what it takes of `out`. False: nobody is there.
    bool write_out();
    bool is_written() const noexcept { return written == out.size(); }
    /// Once TLS is up.
    void note_certificate();
    /// Nothing of its request has come, or is wanted any more: it may give way to another one.
    bool may_give_way() const noexcept;
    /// For epoll.
    std::uint32_t wanted_events() const noexcept;
    /// Bytes of its request and its answer.
    std::size_t memory() const noexcept { return reader.memory() + out.capacity() + lent; }
};

}  // namespace herald::http
