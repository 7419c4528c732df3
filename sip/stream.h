// sip/stream.h: one stream: its socket, what lies over it, what is to be written, and how long it
// may be silent.
//
//   connecting --up--> open --framing or TLS lost--> draining --peer closes, or 2 s--> (gone)
//       \____ refused, timeout, error, end of stream, full ____________________/
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/loop.h"
#include "base/time.h"
#include "sip/channel.h"
#include "sip/socket.h"
#include "sip/transport.h"

namespace herald::sip {

/// A listener of streams: its number as in Flow, and what it speaks.
struct StreamListener {
    std::uint8_t number = 0;
    Protocol protocol = Protocol::tcp;
    ClientCertificates clients = ClientCertificates::none;
};

/// How long streams are waited for.
struct StreamPatience {
    std::chrono::seconds idle{3600};         ///< without a byte in or out
    std::chrono::seconds partial{30};        ///< within a message
    std::chrono::seconds first_message{32};  ///< of who came by itself
    std::chrono::seconds connect{4};
    std::chrono::seconds handshake{10};
};

struct Stream {
    enum class State : std::uint8_t { connecting, open, draining };

    Socket socket;
    Endpoint peer;
    Channel channel;
    std::string out;
    std::size_t written = 0;  ///< of out
    std::size_t held = 0;     ///< of burden(), as told to the limits
    base::Instant active;     ///< last byte in or out
    base::Instant born;
    base::Instant since;  ///< in this state, or with an unfinished message
    base::TimerId timer;
    base::Duration silence{};  ///< the longest between two bytes in; zero: as all others
    base::Instant heard{};     ///< last byte in
    std::uint8_t listener = 0;
    Protocol protocol = Protocol::tcp;
    State state = State::open;
    bool is_guest = false;    ///< came by itself and has sent no whole message yet
    bool is_partial = false;  ///< a message has begun, at `since`
    bool is_marked = false;   ///< to be looked at by the next flush
    bool is_failed = false;   ///< nothing more is sent; closed by the next flush
    bool is_full = false;     ///< not read until its peer reads
    bool is_known = false;    ///< its client showed a certificate

    /// Carries messages, or will once it is up.
    bool is_good() const noexcept { return !is_failed && state != State::draining; }
    /// Bytes queued, and not taken by the socket.
    std::size_t unsent() const noexcept { return out.size() - written + channel.waiting(); }
    /// Room that its peer makes it take: by what it has not sent whole, and does not read.
    std::size_t burden() const noexcept;
    /// For epoll; `is_reading`: streams are read at all.
    std::uint32_t wanted_events(bool is_reading) const noexcept;
    /// When it ends unless something comes.
    base::Instant deadline(const StreamPatience& patience) const;
    /// Gives the socket what it takes. False: there is no connection any more.
    bool write_out(base::Instant now);
};

}  // namespace herald::sip
