// cli/bench/bench_web.cpp: a WebSocket at the client's end (RFC 6455, 7118).
#include "cli/bench/bench_web.h"

#include <cstddef>

#include "base/id.h"

namespace herald::cli::bench {
namespace {

using Next = std::optional<std::string_view>;

constexpr unsigned char kFinal = 0x80;
constexpr unsigned char kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;

unsigned char octet(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

/// Where the payload begins and how long it is; nullopt: more bytes are needed.
struct Extent {
    std::size_t head, size;
};
std::optional<Extent> extent_of(std::string_view frame) {
    if (frame.size() < 2) return std::nullopt;
    const std::size_t shown = octet(frame, 1) & 0x7F;
    const std::size_t more = shown == 127 ? 8 : shown == 126 ? 2 : 0;
    if (frame.size() < 2 + more) return std::nullopt;
    std::size_t size = more == 0 ? shown : 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | octet(frame, 2 + i);
    return Extent{2 + more, size};
}

}  // namespace

std::string WebFrames::handshake(std::string_view host) {
    std::string text = "GET / HTTP/1.1\r\nHost: ";
    text += host;
    // The key need not be secret, only there: sixteen bytes in base64.
    return text +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: aGVyYWxkIGJlbmNoIGtleQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
}

void WebFrames::append_frame(std::string& out, std::string_view message) {
    const std::size_t size = message.size();
    out += static_cast<char>(kFinal | kText);
    if (size < 126) {
        out += static_cast<char>(0x80 | size);
    } else {
        const bool is_long = size > 0xFFFF;
        out += static_cast<char>(0x80 | (is_long ? 127 : 126));
        for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8)
            out += static_cast<char>(size >> shift & 0xFF);
    }
    const auto random = base::random_u64();
    for (int i = 0; i < 4; ++i) out += static_cast<char>(random >> 8 * i & 0xFF);
    const std::size_t mask = out.size() - 4;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(message[i] ^ out[mask + i % 4]);
}

void WebFrames::append(std::string_view bytes) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    buffer_ += bytes;
}

Result<Next> WebFrames::next() {
    return is_up_ ? read_frame() : read_handshake();
}

Result<Next> WebFrames::read_handshake() {
    const auto end = buffer_.find("\r\n\r\n", begin_);
    if (end == std::string::npos) return Next();
    if (!buffer_.starts_with("HTTP/1.1 101 "))
        return Fault{FaultKind::unreachable,
                     "the server answers " + buffer_.substr(0, buffer_.find('\r'))};
    begin_ = end + 4;
    is_up_ = true;
    return read_frame();
}

Result<Next> WebFrames::read_frame() {
    while (true) {
        const std::string_view rest = std::string_view(buffer_).substr(begin_);
        const auto extent = extent_of(rest);
        if (!extent || rest.size() - extent->head < extent->size) return Next();
        const unsigned char kind = octet(rest, 0);
        begin_ += extent->head + extent->size;
        if (kind == (kFinal | kText) || kind == (kFinal | kBinary))
            return Next(rest.substr(extent->head, extent->size));
        if (kind == (kFinal | kClose)) return Fault{FaultKind::unreachable, "the WebSocket ended"};
        if (kind != (kFinal | kPing) && kind != (kFinal | kPong))
            return Fault{FaultKind::malformed, "a frame is not understood"};
    }
}

}  // namespace herald::cli::bench
