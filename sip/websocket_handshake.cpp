// sip/websocket_handshake.cpp: the HTTP request that makes a WebSocket of a connection.
#include "sip/websocket_handshake.h"

#include <algorithm>
#include <optional>

#include <openssl/evp.h>

#include "base/text.h"

namespace herald::sip {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Sixteen octets in base64 (RFC 6455 4.1).
constexpr std::size_t kKeySize = 24;

/// The fields a WebSocket needs, trimmed; lists of several rows are put together.
struct Request {
    std::string_view method, version;
    std::string host, upgrade, connection, key, protocols, socket_version, origin;
    bool has_host = false, has_origin = false, is_malformed = false;
};

void add_to(std::string& list, std::string_view value) {
    if (!list.empty()) list += ',';
    list += value;
}

void read_field(Request& request, std::string_view name, std::string_view value) {
    if (base::iequals(name, "Host")) request.has_host = true;
    if (base::iequals(name, "Upgrade")) add_to(request.upgrade, value);
    if (base::iequals(name, "Connection")) add_to(request.connection, value);
    if (base::iequals(name, "Sec-WebSocket-Key")) add_to(request.key, value);
    if (base::iequals(name, "Sec-WebSocket-Protocol")) add_to(request.protocols, value);
    if (base::iequals(name, "Sec-WebSocket-Version")) add_to(request.socket_version, value);
    if (base::iequals(name, "Origin")) {
        request.has_origin = true;
        add_to(request.origin, value);
    }
}

std::string_view take_http_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

Request read(std::string_view head) {
    Request request;
    const std::string_view start = take_http_line(head);
    const base::Split method = base::split_once(start, ' ');
    request.method = method.before;
    request.version = base::split_once(method.after, ' ').after;
    while (!head.empty()) {
        const std::string_view line = take_http_line(head);
        if (line.empty()) break;
        const base::Split field = base::split_once(line, ':');
        if (!field.found || field.before.empty() || field.before.back() == ' ') {
            request.is_malformed = true;
        }
        read_field(request, field.before, base::trim(field.after));
    }
    return request;
}

bool is_key(std::string_view key) {
    unsigned char octets[kKeySize];
    return key.size() == kKeySize && key.substr(kKeySize - 2) == "==" &&
           EVP_DecodeBlock(octets, reinterpret_cast<const unsigned char*>(key.data()),
                           static_cast<int>(key.size())) > 0;
}

bool is_welcome(const Request& request, const WebSocketRules& rules) {
    if (rules.origins.empty() || !request.has_origin) return true;
    return std::any_of(rules.origins.begin(), rules.origins.end(),
                       [&](const std::string& its) { return base::iequals(its, request.origin); });
}

std::string accept_of(const std::string& key) {
    const std::string joined = key + std::string(kGuid);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(joined.data(), joined.size(), hash, &size, EVP_sha1(), nullptr);
    unsigned char text[2 * EVP_MAX_MD_SIZE];
    const int length = EVP_EncodeBlock(text, hash, static_cast<int>(size));
    return std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
}

WebSocketAnswer refuse(std::string_view status, const char* why, std::string_view fields = {}) {
    std::string text("HTTP/1.1 ");
    text.append(status).append("\r\nConnection: close\r\n").append(fields);
    text.append("Content-Length: 0\r\n\r\n");
    return {std::move(text), why};
}

}  // namespace

WebSocketAnswer answer_handshake(std::string_view head, const WebSocketRules& rules) {
    const Request request = read(head);
    if (request.version != "HTTP/1.1" || request.is_malformed || !request.has_host) {
        return refuse("400 Bad Request", "malformed");
    }
    if (request.method != "GET") {
        return refuse("405 Method Not Allowed", "method", "Allow: GET\r\n");
    }
    if (!base::lists(request.upgrade, "websocket") || !base::lists(request.connection, "upgrade")) {
        return refuse("426 Upgrade Required", "no upgrade", "Upgrade: websocket\r\n");
    }
    if (request.socket_version != "13") {
        return refuse("426 Upgrade Required", "version", "Sec-WebSocket-Version: 13\r\n");
    }
    if (!is_key(request.key)) return refuse("400 Bad Request", "key");
    if (!base::lists(request.protocols, "sip")) return refuse("400 Bad Request", "sub-protocol");
    if (!is_welcome(request, rules)) return refuse("403 Forbidden", "origin");
    return {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
            accept_of(request.key) + "\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
        ""};
}

}  // namespace herald::sip
