// tests/unit/cli/http_peer.h: an HTTP server of a few lines, which gives the answers it was given.
#pragma once

#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace herald::test {

/// Answers one request on each connection to loopback, in the order of `answers`, and keeps what it
/// was asked.
class HttpPeer {
public:
    explicit HttpPeer(std::vector<std::string> answers)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0);
        REQUIRE(::listen(listener_, 8) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, answers = std::move(answers)] {
            for (const std::string& answer : answers) serve(answer);
        });
    }
    ~HttpPeer() { end(); }
    HttpPeer(const HttpPeer&) = delete;
    HttpPeer& operator=(const HttpPeer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// The requests that were answered; no more are.
    const std::vector<std::string>& requests() {
        end();
        return requests_;
    }

private:
    void end() {
        ::shutdown(listener_, SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
        if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    }

    void serve(const std::string& answer) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) return;
        std::string request;
        char buffer[4096];
        while (!is_whole(request)) {
            const ssize_t size = ::read(connection, buffer, sizeof buffer);
            if (size <= 0) break;
            request.append(buffer, static_cast<std::size_t>(size));
        }
        requests_.push_back(std::move(request));
        [[maybe_unused]] const auto written = ::write(connection, answer.data(), answer.size());
        ::close(connection);
    }

    static bool is_whole(const std::string& request) {
        const std::size_t head = request.find("\r\n\r\n");
        if (head == std::string::npos) return false;
        const std::size_t length = request.find("Content-Length: ");
        const int expected =
            length == std::string::npos ? 0 : std::atoi(request.c_str() + length + 16);
        return request.size() >= head + 4 + static_cast<std::size_t>(expected);
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::vector<std::string> requests_;
    std::thread thread_;
};

}  // namespace herald::test
