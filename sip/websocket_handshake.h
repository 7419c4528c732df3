// sip/websocket_handshake.h: the HTTP request that makes a WebSocket of a connection, and its
// answer (RFC 6455 4.2, RFC 7118 4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace herald::sip {

/// Who may open a WebSocket.
struct WebSocketRules {
    /// Origins of pages that may, "https://phone.example.com"; empty: any. Who says none is no
    /// browser, and no page is misused.
    std::vector<std::string> origins;
};

struct WebSocketAnswer {
    std::string text;          ///< the whole HTTP response
    const char* refusal = "";  ///< why it is no WebSocket; static text; empty: it is one
};

/// `head` is the request up to and with its blank line.
WebSocketAnswer answer_handshake(std::string_view head, const WebSocketRules& rules);

}  // namespace herald::sip
