// tests/fuzz/websocket_fuzz.cpp: a WebSocket in pieces gives and says what it does in one; nothing
// after its end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "sip/websocket.h"

using namespace herald::sip;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

constexpr ParseLimits kLimits{.message = 2048, .body = 2048};
constexpr std::size_t kMost = 4096;
constexpr std::string_view kHandshake =
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: sip\r\n\r\n";

struct Log {
    std::vector<std::string> messages;
    std::size_t pings = 0;
    std::string end, said;
    friend bool operator==(const Log&, const Log&) = default;
};

void drain(WebSocket& socket, Log& log) {
    while (const auto event = socket.next(log.said)) {
        require(log.end.empty());
        switch (event->kind) {
            case StreamEvent::Kind::ping:
                ++log.pings;
                break;
            case StreamEvent::Kind::message:
                require(event->bytes.size() <= kMost);
                log.messages.emplace_back(event->bytes.data(), event->bytes.size());
                break;
            case StreamEvent::Kind::ended:
                require(!socket.is_up());
                log.end = event->reason;
                break;
            case StreamEvent::Kind::unframeable:
                require(false);
        }
    }
}

Log read(std::string_view stream, std::size_t piece) {
    WebSocket socket(kLimits, std::make_shared<WebSocketRules>());
    Log log;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        socket.append(stream.substr(at, piece));
        drain(socket, log);
        require(socket.memory() <= 4 * (kMost + 8192 + piece) + 1024);
    }
    return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 16384) return 0;
    // Half of the inputs are frames, half a handshake too.
    std::string stream(data[0] % 2 == 0 ? kHandshake : std::string_view());
    stream.append(reinterpret_cast<const char*>(data) + 1, size - 1);
    require(read(stream, stream.size()) == read(stream, 1U + data[0] % 61U));
    return 0;
}
