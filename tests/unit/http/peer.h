// tests/unit/http/peer.h: a client of the HTTP server that does nothing by itself.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "sip/endpoint.h"

namespace herald::http {

/// A TCP connection that says exactly what it is told.
class Peer {
public:
    /// `source`: an address of this machine to come from; empty: the usual one.
    explicit Peer(const sip::Endpoint& server, std::string_view source = {})
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_storage storage{};
        if (!source.empty()) {
            const auto length = sip::Endpoint::from(source, 0).value().to_sockaddr(storage);
            REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&storage), length) == 0);
        }
        const auto size = server.to_sockaddr(storage);
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&storage), size) == 0);
    }
    ~Peer() { ::close(socket_); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// False once the server closed its side.
    bool send(std::string_view text) const {
        while (!text.empty()) {
            const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void end_output() const { ::shutdown(socket_, SHUT_WR); }

    /// One response: head and as much body as Content-Length says; all there is if the server
    /// closes before.
    std::string response(bool is_head = false) {
        while (buffer_.find("\r\n\r\n") == std::string::npos && more()) {
        }
        const auto head = buffer_.find("\r\n\r\n");
        if (head == std::string::npos) return std::exchange(buffer_, {});
        std::size_t size = head + 4;
        const auto length = buffer_.find("Content-Length: ");
        if (!is_head && length < head) size += std::stoul(buffer_.substr(length + 16));
        while (buffer_.size() < size && more()) {
        }
        const std::string out = buffer_.substr(0, size);
        buffer_.erase(0, out.size());
        return out;
    }

    /// What came until `text` is there, taken; all there is if the server closes before.
    std::string until(std::string_view text) {
        while (buffer_.find(text) == std::string::npos && more()) {
        }
        const auto at = buffer_.find(text);
        const auto size = at == std::string::npos ? buffer_.size() : at + text.size();
        const std::string out = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return out;
    }

    /// True if the server closes without another byte within a minute.
    bool is_closed() { return buffer_.empty() && !more() && buffer_.empty(); }

private:
    bool more() {
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, 60'000) <= 0) return false;
        char bytes[4096];
        const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
        if (size <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(size));
        return true;
    }

    int socket_;
    std::string buffer_;
};

}  // namespace herald::http
