// sip/websocket.h: messages in the frames of one WebSocket, at the server's end (RFC 6455, 7118).
//
//   handshake --101--> open --close, or a breach--> ended
//       \______________ refused ____________________/
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sip/framer.h"
#include "sip/message.h"
#include "sip/websocket_handshake.h"

namespace herald::sip {

/// One message a WebSocket message (RFC 7118 5), text or binary, whole or in fragments. Used as a
/// Framer is; `out` gets what is to be said meanwhile: the answer to the handshake, pongs, why it
/// ends.
class WebSocket {
public:
    /// A message may have as many bytes as `limits` allow head and body together.
    WebSocket(const ParseLimits& limits, std::shared_ptr<const WebSocketRules> rules);

    /// Takes what was read. Call next() until it has nothing more before the next append().
    void append(std::string_view bytes);
    std::optional<StreamEvent> next(std::string& out);
    /// Appends `message` as one frame: text where it is UTF-8.
    static void append_frame(std::string& out, std::string_view message);
    /// Says goodbye with this code of RFC 6455 7.4.1, once.
    void end(std::uint16_t code, std::string& out);

    bool is_up() const noexcept { return state_ == State::open; }
    /// A frame or a message has begun.
    bool is_partial() const noexcept { return begin_ < buffer_.size() || in_message_; }
    /// Room taken by what has come.
    std::size_t memory() const noexcept { return buffer_.capacity() + message_.capacity(); }

private:
    enum class State : std::uint8_t { handshake, open, ended };
    struct Frame;

    std::optional<StreamEvent> shake_hands(std::string& out);
    std::optional<StreamEvent> take_frame(std::string& out);
    std::optional<StreamEvent> take_control(const Frame& frame, std::string& out);
    std::optional<StreamEvent> take_data(const Frame& frame, std::string& out);
    std::optional<StreamEvent> give_out(std::span<char> message, std::string& out);
    StreamEvent end_for(std::uint16_t code, const char* why, std::string& out);
    void release() noexcept;

    const std::size_t most_;
    const std::shared_ptr<const WebSocketRules> rules_;
    std::string buffer_;     ///< as read
    std::size_t begin_ = 0;  ///< of what was not taken yet
    std::string message_;    ///< the fragments of one that is not whole
    State state_ = State::handshake;
    bool in_message_ = false;  ///< fragments are to follow
    bool is_text_ = false;     ///< that message is
};

}  // namespace herald::sip
