// tests/unit/cli/bench/bench_streams_test.cpp: connections of the load generator, against the
// server's own transports.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "cli/bench/bench_ports.h"
#include "cli/bench/bench_web.h"
#include "sip/network.h"
#include "tests/support/certificates.h"

namespace herald::cli::bench::bench_streams_test {
namespace {

using namespace std::chrono_literals;

std::string message(std::size_t size) {
    return "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
}

/// Sends everything back, in a thread of its own.
class Echo final : sip::TransportSink {
public:
    explicit Echo(sip::Protocol protocol) {
        const auto context = sip::TlsContext::load(
            {.pairs = {authority.issue({.names = "IP:127.0.0.1"})}, .peers_ca = authority.file()});
        REQUIRE(context);
        network_.secure(*context);
        network_.attach(*this);
        const auto listener =
            network_.listen(protocol, *sip::Endpoint::from("127.0.0.1", 0), {}, false);
        REQUIRE(listener);
        way = {.server = listener->bound, .protocol = protocol, .authorities = authority.file()};
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~Echo() {
        loop_.stop();
        thread_.join();
    }

    test::Authority authority;
    Way way;

private:
    void on_message(std::span<char> bytes, const sip::Flow& flow, sip::Framing) override {
        network_.send(flow, {bytes.data(), bytes.size()});
    }
    void on_unframeable(std::span<char>, const sip::Flow&, sip::ParseResult::Error) override {}
    void on_flow_closed(const sip::Flow&) override {}
    void on_unreachable(const sip::Endpoint&) override {}

    base::SystemClock clock_;
    base::Loop loop_{clock_};
    base::Metrics metrics_;
    sip::Network network_{loop_, metrics_, {}};
    std::thread thread_;
};

struct Heard final : PortSink {
    void on_message(std::uint32_t port, std::string_view bytes, AnswerText&) override {
        heard.resize(std::max<std::size_t>(heard.size(), port + 1));
        heard[port] += bytes;
    }
    void on_refused() override { is_refused = true; }

    std::vector<std::string> heard;
    bool is_refused = false;
};

template <class Condition>
bool until(Ports& ports, Heard& heard, Condition condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) ports.turn(heard, 10ms);
    return condition();
}

}  // namespace

TEST_CASE("what is sent by each transport comes back whole and in order, short and long") {
    for (const auto protocol : {sip::Protocol::udp, sip::Protocol::tcp, sip::Protocol::tls,
                                sip::Protocol::ws, sip::Protocol::wss}) {
        CAPTURE(sip::uri_name(protocol));
        Echo echo(protocol);
        const auto ports = Ports::open(echo.way, 3);
        REQUIRE_MESSAGE(ports, (ports ? std::string() : ports.fault().detail));
        CHECK((*ports)->size() == 3);
        CHECK((*ports)->name(0) != (*ports)->name(1));
        std::string all;
        Heard heard;
        for (const std::size_t size : {0U, 60U, 120U, 2000U, 30'000U}) {
            if (protocol == sip::Protocol::udp && size > 2000) continue;
            all += message(size);
            for (std::uint32_t port : {0U, 1U, 2U}) (*ports)->send(port, message(size));
        }

        CHECK(until(**ports, heard, [&] {
            return heard.heard.size() == 3 && heard.heard[0] == all && heard.heard[1] == all &&
                   heard.heard[2] == all;
        }));
        CHECK((*ports)->unsent() == 0);
    }
}

TEST_CASE("a server that is not vouched for, or speaks something else, is told as such") {
    Echo echo(sip::Protocol::tls);
    const test::Authority other;
    Way way = echo.way;
    way.authorities = other.file();
    const auto refused = Ports::open(way, 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.fault().kind == FaultKind::unreachable);
    Echo clear(sip::Protocol::ws);
    way = clear.way;
    way.protocol = sip::Protocol::wss;
    CHECK_FALSE(Ports::open(way, 1));
}

TEST_CASE("a connection that its server ends is noticed, and what is sent on it is unsent") {
    auto echo = std::make_unique<Echo>(sip::Protocol::tcp);
    const auto ports = Ports::open(echo->way, 1);
    REQUIRE(ports);
    echo.reset();
    Heard heard;
    CHECK(until(**ports, heard, [&] { return heard.is_refused; }));
    (*ports)->send(0, message(0));
    CHECK((*ports)->unsent() == 1);
}

TEST_CASE("RFC 6455 5.2: frames of any length are read in pieces; pings are passed over") {
    WebFrames frames;
    std::string wire = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    wire += std::string("\x89\x02hi", 4) + std::string("\x81\x03one", 5);
    wire += std::string("\x82\x7e\x01\x00", 4) + std::string(256, 'b');
    wire += std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10) + std::string(65536, 'c');
    std::vector<std::string> read;
    for (const char c : wire) {
        frames.append({&c, 1});
        while (true) {
            const auto next = frames.next();
            REQUIRE(next);
            if (!*next) break;
            read.emplace_back(**next);
        }
    }
    CHECK(read == std::vector<std::string>{"one", std::string(256, 'b'), std::string(65536, 'c')});
    frames.append(std::string("\x88\x00", 2));
    CHECK_FALSE(frames.next());
}

}  // namespace herald::cli::bench::bench_streams_test
