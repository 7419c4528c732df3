// sip/framer.h: cuts the bytes of one stream into messages (RFC 3261 18.3, 20.14; RFC 5626 4.4.1).
//
//   between --first octet--> headers --blank line, Content-Length--> body --last octet--> between
//      |                        \___ too long, no or two lengths ___/
//   CRLFCRLF: ping                           unframeable, for ever
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sip/message.h"

namespace herald::sip {

/// What a stream brought.
struct StreamEvent {
    enum class Kind : std::uint8_t {
        message,      ///< `bytes` are one whole message, for parse() with Framing::stream
        ping,         ///< a double CRLF: answer with one CRLF
        unframeable,  ///< nothing after `bytes` can be told apart: answer by `why` what parse() can
                      ///< read of them, then close
        ended,        ///< no more will come: close, once what there is to say was said
    };
    Kind kind;
    /// May be changed in place; valid until the next call of a member that is not const.
    std::span<char> bytes;
    ParseOutcome::Error why = ParseOutcome::Error::none;
    const char* reason = "";  ///< of an unframeable or an end; static text
};

/// The buffer of one stream. Every octet is looked at a fixed number of times however it arrives,
/// no more than one message and one append() are held, and an idle stream holds next to nothing.
///
///     framer.append(bytes);
///     while (auto event = framer.next()) ...
class Framer {
public:
    /// `limits.message` bounds headers and body together, `limits.body` the body.
    explicit Framer(const ParseLimits& limits = {}) noexcept : limits_(limits) {}

    /// Takes what was read. Call next() until it has nothing more before the next append().
    void append(std::string_view bytes);
    /// The next event in order; nullopt: more bytes are needed, or the stream is unframeable.
    std::optional<StreamEvent> next();

    /// A message has begun and is not complete: time for a limit on waiting.
    bool is_partial() const noexcept { return state_ == State::headers || state_ == State::body; }
    bool is_unframeable() const noexcept { return state_ == State::unframeable; }
    /// Room taken by what has come.
    std::size_t memory() const noexcept { return buffer_.capacity(); }
    /// Bytes held and not yet given out.
    std::size_t buffered() const noexcept { return buffer_.size() - begin_; }

private:
    enum class State : std::uint8_t { between, headers, body, unframeable };

    std::span<char> pending() noexcept { return std::span<char>(buffer_).subspan(begin_); }
    void consume(std::size_t size) noexcept;
    void release() noexcept;
    std::optional<StreamEvent> read_between();
    std::optional<StreamEvent> read_headers();
    std::optional<StreamEvent> read_length();
    std::optional<StreamEvent> read_body();
    StreamEvent unframeable(ParseOutcome::Error why, const char* reason) noexcept;

    ParseLimits limits_;
    std::string buffer_;
    std::size_t begin_ = 0;    ///< of what was not given out yet
    std::size_t scanned_ = 0;  ///< of pending(): octets known to hold no blank line
    std::size_t size_ = 0;     ///< of pending(): the headers, then the whole message
    State state_ = State::between;
};

}  // namespace herald::sip
