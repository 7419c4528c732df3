// sip/websocket.cpp: messages in the frames of one WebSocket.
#include "sip/websocket.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace herald::sip {
namespace {

constexpr std::size_t kMostHandshake = 8192;
constexpr std::size_t kMostControl = 125;
/// Room an idle WebSocket keeps.
constexpr std::size_t kKeptMessage = 1024;

enum Opcode : std::uint8_t {
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xa,
};

/// RFC 6455 7.4.1.
constexpr std::uint16_t kNormal = 1000, kProtocolError = 1002, kInvalidText = 1007,
                        kTooLarge = 1009;

void append_frame_head(std::string& out, Opcode opcode, std::size_t size) {
    out += static_cast<char>(0x80 | opcode);
    if (size <= kMostControl) {
        out += static_cast<char>(size);
        return;
    }
    const bool is_short = size <= 0xffff;
    out += static_cast<char>(is_short ? 126 : 127);
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
        out += static_cast<char>(size >> shift & 0xff);
    }
}

/// What a peer may say when it closes (RFC 6455 7.4).
bool is_code(unsigned code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1011) ||
           (code >= 3000 && code <= 4999);
}

bool is_breaks(std::string_view text) {
    return text.find_first_not_of("\r\n") == std::string_view::npos;
}

}  // namespace

/// A frame whose head has come whole.
struct WebSocket::Frame {
    bool is_last;
    bool has_reserved;
    bool is_masked;
    bool is_minimal;  ///< its length is written as short as can be
    Opcode opcode;
    std::size_t head;    ///< octets before the payload
    std::uint64_t size;  ///< of the payload
    std::array<char, 4> mask;
    std::span<char> payload;  ///< once it has come

    bool is_control() const noexcept { return (opcode & 0x8) != 0; }
    const char* breach() const noexcept;
    void unmask() const noexcept;
    static std::optional<Frame> read(std::string_view bytes);
};

/// nullopt: its head has not come whole.
std::optional<WebSocket::Frame> WebSocket::Frame::read(std::string_view bytes) {
    if (bytes.size() < 2) return std::nullopt;
    const auto octet = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    Frame frame{};
    frame.is_last = (octet(0) & 0x80) != 0;
    frame.has_reserved = (octet(0) & 0x70) != 0;
    frame.opcode = static_cast<Opcode>(octet(0) & 0x0f);
    frame.is_masked = (octet(1) & 0x80) != 0;
    frame.size = octet(1) & 0x7fU;
    const std::size_t extra = frame.size == 126 ? 2 : frame.size == 127 ? 8 : 0;
    frame.head = 2 + extra + (frame.is_masked ? 4 : 0);
    if (bytes.size() < frame.head) return std::nullopt;
    if (extra != 0) frame.size = 0;
    for (std::size_t i = 0; i < extra; ++i) frame.size = frame.size << 8 | octet(2 + i);
    frame.is_minimal = extra == 0 || frame.size > (extra == 2 ? 125U : 0xffffU);
    if (frame.is_masked) std::copy_n(bytes.begin() + 2 + extra, 4, frame.mask.begin());
    return frame;
}

/// What is wrong with it, whatever came before; static text (RFC 6455 5.1, 5.2, 5.5).
const char* WebSocket::Frame::breach() const noexcept {
    if (has_reserved) return "reserved bits";
    const bool is_known = opcode <= binary || (opcode >= close && opcode <= pong);
    if (!is_known) return "reserved opcode";
    if (!is_masked) return "no mask";
    if (!is_minimal || size >> 63 != 0) return "length";
    if (is_control() && (!is_last || size > kMostControl)) return "control frame";
    return nullptr;
}

void WebSocket::Frame::unmask() const noexcept {
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= mask[i % mask.size()];
}

WebSocket::WebSocket(const ParseLimits& limits, std::shared_ptr<const WebSocketRules> rules)
    : most_(limits.message + limits.body), rules_(std::move(rules)) {}

void WebSocket::append(std::string_view bytes) {
    if (state_ == State::ended) return;
    if (begin_ != 0) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    buffer_.append(bytes);
}

std::optional<StreamEvent> WebSocket::next(std::string& out) {
    if (!in_message_) message_.clear();
    if (state_ == State::handshake) {
        if (auto event = shake_hands(out)) return event;
    }
    while (state_ == State::open && begin_ < buffer_.size()) {
        const std::size_t before = begin_;
        if (auto event = take_frame(out)) return event;
        if (begin_ == before) break;
    }
    release();
    return std::nullopt;
}

std::optional<StreamEvent> WebSocket::shake_hands(std::string& out) {
    const std::size_t end = buffer_.find("\r\n\r\n");
    const bool is_whole = end != std::string::npos;
    if ((is_whole ? end : buffer_.size()) > kMostHandshake) {
        state_ = State::ended;
        out +=
            "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
            "Content-Length: 0\r\n\r\n";
        return StreamEvent{.kind = StreamEvent::Kind::ended, .reason = "handshake too large"};
    }
    if (!is_whole) return std::nullopt;
    const WebSocketAnswer answer =
        answer_handshake(std::string_view(buffer_).substr(0, end + 4), *rules_);
    out += answer.text;
    begin_ = end + 4;
    const bool is_refused = *answer.refusal != '\0';
    state_ = is_refused ? State::ended : State::open;
    if (!is_refused) return std::nullopt;
    return StreamEvent{.kind = StreamEvent::Kind::ended, .reason = answer.refusal};
}

/// Nothing, and begin_ where it was: the frame has not come whole.
std::optional<StreamEvent> WebSocket::take_frame(std::string& out) {
    const std::string_view rest = std::string_view(buffer_).substr(begin_);
    auto frame = Frame::read(rest);
    if (!frame) return std::nullopt;
    if (const char* const why = frame->breach()) return end_for(kProtocolError, why, out);
    if (frame->size > most_ - message_.size()) return end_for(kTooLarge, "message too large", out);
    if (rest.size() - frame->head < frame->size) return std::nullopt;
    frame->payload = std::span<char>(buffer_).subspan(begin_ + frame->head, frame->size);
    frame->unmask();
    begin_ += frame->head + frame->size;
    return frame->is_control() ? take_control(*frame, out) : take_data(*frame, out);
}

std::optional<StreamEvent> WebSocket::take_control(const Frame& frame, std::string& out) {
    const std::string_view payload(frame.payload.data(), frame.payload.size());
    if (frame.opcode == ping) {
        append_frame_head(out, pong, payload.size());
        out += payload;
    }
    if (frame.opcode != close) return std::nullopt;
    if (payload.empty()) return end_for(kNormal, "closed", out);
    if (payload.size() == 1) return end_for(kProtocolError, "close code", out);
    const unsigned code =
        static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    if (!is_code(code)) return end_for(kProtocolError, "close code", out);
    if (!base::is_utf8(payload.substr(2))) return end_for(kInvalidText, "invalid text", out);
    return end_for(static_cast<std::uint16_t>(code), "closed", out);
}

std::optional<StreamEvent> WebSocket::take_data(const Frame& frame, std::string& out) {
    const bool is_first = frame.opcode != continuation;
    if (is_first == in_message_) return end_for(kProtocolError, "fragments", out);
    if (is_first) is_text_ = frame.opcode == text;
    if (is_first && frame.is_last) return give_out(frame.payload, out);
    message_.append(frame.payload.data(), frame.payload.size());
    in_message_ = !frame.is_last;
    return frame.is_last ? give_out(message_, out) : std::nullopt;
}

/// Line breaks alone are keep-alives (RFC 7118 6, RFC 5626 4.4.1).
std::optional<StreamEvent> WebSocket::give_out(std::span<char> message, std::string& out) {
    const std::string_view its(message.data(), message.size());
    if (is_text_ && !base::is_utf8(its)) return end_for(kInvalidText, "invalid text", out);
    if (its == "\r\n\r\n") return StreamEvent{StreamEvent::Kind::ping, message};
    if (is_breaks(its)) {
        message_.clear();
        return std::nullopt;
    }
    return StreamEvent{StreamEvent::Kind::message, message};
}

void WebSocket::append_frame(std::string& out, std::string_view message) {
    append_frame_head(out, base::is_utf8(message) ? text : binary, message.size());
    out += message;
}

void WebSocket::end(std::uint16_t code, std::string& out) {
    if (state_ != State::open) return;
    state_ = State::ended;
    append_frame_head(out, close, 2);
    out += static_cast<char>(code >> 8);
    out += static_cast<char>(code & 0xff);
}

StreamEvent WebSocket::end_for(std::uint16_t code, const char* why, std::string& out) {
    end(code, out);
    return {.kind = StreamEvent::Kind::ended, .bytes = {}, .reason = why};
}

void WebSocket::release() noexcept {
    if (!in_message_ && message_.capacity() > kKeptMessage) std::string().swap(message_);
    if (begin_ < buffer_.size()) return;
    begin_ = 0;
    buffer_.clear();
    if (buffer_.capacity() > kKeptMessage) std::string().swap(buffer_);
}

}  // namespace herald::sip
