// tests/unit/sip/network_fixture.h: a Network on loopback sockets, a sink that keeps notes, and
// peers of the test's own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "sip/network.h"
#include "sip/socket.h"

namespace herald::test {

struct NotingSink final : sip::TransportSink {
    struct Arrival {
        std::string bytes;
        sip::Flow flow;
        sip::Framing framing;
    };

    void on_message(std::span<char> bytes, const sip::Flow& flow, sip::Framing framing) override {
        arrivals.push_back({std::string(bytes.begin(), bytes.end()), flow, framing});
        if (reply) reply(flow);
    }
    void on_unframeable(std::span<char> bytes, const sip::Flow& flow,
                        sip::ParseResult::Error) override {
        unframeable.push_back({std::string(bytes.begin(), bytes.end()), flow, {}});
        if (reply) reply(flow);
    }
    void on_flow_closed(const sip::Flow& flow) override { closed.push_back(flow); }
    void on_unreachable(const sip::Endpoint& peer) override { unreachable.push_back(peer); }

    std::function<void(const sip::Flow&)> reply;
    std::vector<Arrival> arrivals;
    std::vector<Arrival> unframeable;
    std::vector<sip::Flow> closed;
    std::vector<sip::Endpoint> unreachable;
};

/// How long a test waits for what must come; all such waits end early.
constexpr std::chrono::seconds kPatience{60};

/// A blocking socket of the peer; gives up after kPatience.
class Peer {
public:
    /// Bound to a free port of `host`; a stream connects to `to`.
    Peer(sip::Protocol protocol, const sip::Endpoint& to, std::string_view host = {}) {
        const bool is_stream = sip::is_reliable(protocol);
        const int family = to.is_ipv6() ? AF_INET6 : AF_INET;
        socket_ = sip::Socket(::socket(family, is_stream ? SOCK_STREAM : SOCK_DGRAM, 0));
        const timeval patience{.tv_sec = kPatience.count()};
        setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const std::string_view own = !host.empty() ? host : to.is_ipv6() ? "::1" : "127.0.0.1";
        sockaddr_storage address{};
        socklen_t size = sip::Endpoint::from(own, 0)->to_sockaddr(address);
        REQUIRE(bind(fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        size = to.to_sockaddr(address);
        REQUIRE(connect(fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    }

    int fd() const { return socket_.fd(); }
    sip::Endpoint endpoint() const { return sip::local_endpoint(socket_); }
    void send(std::string_view bytes) const {
        REQUIRE(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    /// One datagram, or what a stream has; nullopt: nothing came. Empty: the stream ended.
    std::optional<std::string> receive() const {
        std::string room(70'000, '\0');
        const ssize_t size = recv(fd(), room.data(), room.size(), 0);
        if (size < 0) return std::nullopt;
        room.resize(static_cast<std::size_t>(size));
        return room;
    }
    /// As much of a stream as `size`, or what came until it ended.
    std::string receive_all(std::size_t size) const {
        std::string all;
        while (all.size() < size) {
            const auto some = receive();
            if (!some || some->empty()) break;
            all += *some;
        }
        return all;
    }
    void close() { socket_ = sip::Socket(); }

private:
    sip::Socket socket_;
};

struct NetworkFixture {
    explicit NetworkFixture(sip::NetworkOptions options = {}) : network(loop, metrics, options) {
        network.attach(sink);
    }

    sip::ListenerAddress listen(sip::Protocol protocol, std::string_view host = "127.0.0.1",
                                std::uint16_t port = 0, std::string_view advertised = {}) {
        auto address = network.listen(protocol, *sip::Endpoint::from(host, port), advertised, true);
        REQUIRE_MESSAGE(address, (address ? std::string() : address.fault().detail));
        return *address;
    }

    /// Turns the loop until `condition` holds; false if it does not within about kPatience.
    template <class Condition>
    bool until(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            loop.turn(std::chrono::milliseconds(5));
        }
        return true;
    }
    /// Turns until nothing happened for some turns.
    void settle() {
        for (int idle = 0; idle < 3;) {
            idle = loop.turn(std::chrono::milliseconds(2)) ? 0 : idle + 1;
        }
    }

    double metric(std::string_view name, std::string_view label = {}) const {
        double sum = 0;
        for (const base::Sample& sample : metrics.collect()) {
            const bool is_wanted =
                label.empty() || (!sample.labels.empty() && sample.labels[0].second == label);
            if (sample.name == name && is_wanted) sum += sample.value;
        }
        return sum;
    }

    base::ManualClock clock;
    base::Loop loop{clock};
    base::Metrics metrics;
    NotingSink sink;
    sip::Network network;
};

/// A message the framer takes, with `number` in its Call-ID.
inline std::string message(int number, std::string_view body = {}) {
    return "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: " + std::to_string(number) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace herald::test
