// sip/channel.h: what lies between the socket of a stream and its messages: encryption or none,
// then framing or WebSocket frames.
//
//   socket --receive()--> (TLS) --> framing --next()--> messages
//   socket <--flush()---- (TLS) <------------ send() -- messages
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sip/framer.h"
#include "sip/tls.h"
#include "sip/websocket.h"

namespace herald::sip {

/// One stream without its socket. `out` is what goes to the socket; it is appended to, also where a
/// Fault is returned: that ends the stream once `out` has left. Faults: as TlsSession.
class Channel {
public:
    struct Layers {
        std::unique_ptr<TlsSession> session;  ///< null: in clear
        std::unique_ptr<WebSocket> web;       ///< null: SIP's own framing
    };
    Channel(const ParseLimits& limits, Layers layers) noexcept
        : framer_(limits), session_(std::move(layers.session)), web_(std::move(layers.web)) {}

    /// The connection is there.
    Status begin(std::string& out) { return session_ ? session_->begin(out) : Status(); }
    /// Takes what was read; next() must have nothing more before. `room` is anybody's, overwritten.
    Status receive(std::string_view wire, std::string& room, std::string& out);
    std::optional<StreamEvent> next(std::string& out);
    /// Queues one message; with encryption it leaves with others, by flush(), once is_up().
    void send(std::string_view message, std::string& out);
    Status flush(std::string& out);
    /// Says goodbye, where that is done in words.
    void end(std::string& out);

    /// Messages can come and go.
    bool is_up() const noexcept { return is_secured() && (!web_ || web_->is_up()); }
    /// No TLS handshake is under way.
    bool is_secured() const noexcept { return !session_ || session_->is_up(); }
    /// The peer said goodbye.
    bool has_ended() const noexcept { return session_ && session_->has_ended(); }
    /// A message has begun.
    bool is_partial() const noexcept;
    /// Room that what has come takes while it is not whole: bytes.
    std::size_t held() const noexcept;
    /// Bytes that wait for flush().
    std::size_t waiting() const noexcept { return waiting_.size(); }
    /// A WebSocket message needs no Content-Length to end (RFC 7118 5).
    Framing framing() const noexcept { return web_ ? Framing::datagram : Framing::stream; }
    /// Null in clear.
    const TlsSession* session() const noexcept { return session_.get(); }

private:
    std::string& below(std::string& out) noexcept { return session_ ? waiting_ : out; }

    Framer framer_;
    std::unique_ptr<TlsSession> session_;
    std::unique_ptr<WebSocket> web_;
    std::string waiting_;  ///< to be encrypted
};

}  // namespace herald::sip
