// tests/unit/http/server_test.cpp: the HTTP server over loopback: limits, keep-alive, what half
// requests and strangers get.
#include "http/server.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "http/json.h"
#include "http/listener.h"
#include "http/tokens.h"
#include "tests/unit/http/bench.h"
#include "tests/unit/http/fake_admin.h"
#include "tests/unit/http/peer.h"

namespace herald::http::server_test {
namespace {

using namespace std::chrono_literals;

/// A server on a free port of 127.0.0.1 with one admin token: "secret".
struct Running {
    FakeAdmin admin;
    base::Metrics metrics;
    std::unique_ptr<Server> server;

    explicit Running(std::chrono::seconds timeout = 10s, unsigned threads = 4,
                     std::size_t connections = 100) {
        Options options;
        options.listen = sip::Endpoint::from("127.0.0.1", 0).value();
        options.threads = threads;
        options.limits.max_body = 1024;
        options.limits.connections = connections;
        options.limits.head_timeout = options.limits.request_timeout = timeout;
        options.hosts = {"x"};
        options.tokens = {{"a", sha256_hex("secret"), "admin"}};
        options.realm = "example.com";
        options.version = "1.2.3";
        auto started = Server::start(options, admin, metrics);
        REQUIRE(started);
        server = *std::move(started);
    }

    /// The response to a request on a connection of its own.
    std::string ask(std::string_view text) const {
        Peer peer(server->address());
        peer.send(text);
        return peer.response();
    }
};

std::string get(std::string_view target, std::string_view more = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}
std::string put(std::string_view body,
                std::string_view more = "Content-Type: application/json\r\n") {
    return "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n" +
           std::string(more) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}
constexpr std::string_view kToken = "Authorization: Bearer secret\r\n";

int status_of_response(const std::string& response) {
    return response.size() > 12 ? std::stoi(response.substr(9, 3)) : 0;
}

TEST_CASE("a response has a type, a length, and headers that keep it out of caches and sniffers") {
    const Running running;
    const std::string response = running.ask(get("/healthz"));

    CHECK(response.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
    CHECK(contains(response, "Content-Type: text/plain; charset=utf-8\r\n"));
    CHECK(contains(response, "Content-Length: 6\r\n"));
    CHECK(contains(response, "Cache-Control: no-store\r\n"));
    CHECK(contains(response, "X-Content-Type-Options: nosniff\r\n"));
    CHECK(contains(response, "Date: "));
    CHECK(response.substr(response.size() - 10) == "\r\n\r\nalive\n");
}

TEST_CASE("RFC 9112 9.3: a connection serves one request after the other") {
    const Running running;
    Peer peer(running.server->address());
    for (int i = 0; i < 5; ++i) {
        REQUIRE(peer.send(i % 2 == 0 ? get("/healthz") : put("{}")));
        CHECK(status_of_response(peer.response()) == (i % 2 == 0 ? 200 : 204));
    }
    peer.send(get("/healthz", "Connection: close\r\n"));
    CHECK(contains(peer.response(), "Connection: close"));
    CHECK(peer.is_closed());
}

TEST_CASE("pipelined requests are answered in order") {
    const Running running;
    Peer peer(running.server->address());
    peer.send(get("/healthz") + put("{\"voice\":{\"new\":1}}") + get("/readyz"));
    CHECK(contains(peer.response(), "alive"));
    CHECK(status_of_response(peer.response()) == 204);
    CHECK(contains(peer.response(), "ready"));
}

TEST_CASE("RFC 9110 9.3.2: HEAD has the length of GET and no body") {
    const Running running;
    Peer peer(running.server->address());
    peer.send("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + get("/readyz"));
    const std::string head = peer.response(true);
    CHECK(contains(head, "Content-Length: 6\r\n"));
    CHECK(head.substr(head.size() - 4) == "\r\n\r\n");
    CHECK(peer.response().rfind("HTTP/1.1 200", 0) == 0);
}

TEST_CASE("the token is wanted and taken over the wire") {
    const Running running;
    CHECK(status_of_response(running.ask(get("/v1/subscriptions"))) == 401);
    CHECK(contains(running.ask(get("/v1/subscriptions")),
                   "WWW-Authenticate: Bearer realm=\"herald\"\r\n"));
    CHECK(status_of_response(
              running.ask(get("/v1/subscriptions", "Authorization: Bearer wrong\r\n"))) == 401);
    CHECK(status_of_response(running.ask(get("/v1/subscriptions", kToken))) == 200);
    CHECK(status_of_response(running.ask(get("/metrics"))) == 200);
}

TEST_CASE("a body in chunks is read") {
    Running running;
    const std::string response = running.ask(
        "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        "secret\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"voi\r\ne\r\nce\":{\"new\":1}}\r\n0\r\n\r\n");
    CHECK(status_of_response(response) == 204);
    CHECK(contains(running.admin.state.set["message-summary sip:a@b.c"], "Voice-Message: 1/0"));
}

TEST_CASE(
    "RFC 9110 15.5.14: a body over the limit is 413, said before it is read, and the connection "
    "ends") {
    const Running running;
    for (const std::size_t size : {std::size_t{1025}, std::size_t{5'000'000}}) {
        Peer peer(running.server->address());
        peer.send(put(std::string(size, ' ')));
        const std::string response = peer.response();
        CHECK(status_of_response(response) == 413);
        CHECK(contains(response, "application/problem+json"));
        CHECK(contains(response, "Connection: close"));
        CHECK(peer.is_closed());
    }
    CHECK(status_of_response(running.ask(put(std::string(1022, ' ') + "{}"))) == 204);

    Peer chunks(running.server->address());
    chunks.send(
        "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        "secret\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) chunks.send("200\r\n" + std::string(512, ' ') + "\r\n");
    chunks.send("0\r\n\r\n");
    CHECK(status_of_response(chunks.response()) == 413);
}

TEST_CASE("RFC 9110 10.1.1: a body is invited only when it is wanted") {
    const Running running;
    const std::string head =
        "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: "
        "100-continue\r\n";
    Peer welcome(running.server->address());
    welcome.send(head + "Authorization: Bearer secret\r\nContent-Length: 2\r\n\r\n");
    CHECK(welcome.response(true).rfind("HTTP/1.1 100 Continue\r\n", 0) == 0);
    welcome.send("{}");
    CHECK(status_of_response(welcome.response()) == 204);

    Peer huge(running.server->address());
    huge.send(head + "Authorization: Bearer secret\r\nContent-Length: 99999\r\n\r\n");
    huge.end_output();
    CHECK(status_of_response(huge.response()) == 413);

    Peer stranger(running.server->address());
    stranger.send(head + "Content-Length: 2\r\n\r\n");
    stranger.end_output();
    CHECK(status_of_response(stranger.response()) == 401);
}

TEST_CASE("a refused request's body is no next request") {
    const Running running;
    Peer peer(running.server->address());
    const std::string smuggled = get("/healthz");
    peer.send("PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nContent-Length: " +
              std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);
    CHECK(status_of_response(peer.response()) == 401);
    CHECK(peer.is_closed());

    Peer with_get(running.server->address());
    with_get.send("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                  std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);
    CHECK(status_of_response(with_get.response()) == 200);
    CHECK(with_get.is_closed());
}

TEST_CASE("RFC 9112 6.3: Content-Length beside Transfer-Encoding is refused") {
    const Running running;
    Peer peer(running.server->address());
    peer.send(
        "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        "secret\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
    peer.end_output();
    CHECK(status_of_response(peer.response()) == 400);
    CHECK(peer.is_closed());
}

TEST_CASE("a body that ends too early is 400") {
    Running running;
    Peer peer(running.server->address());
    peer.send(
        "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        "secret\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\n\r\n{}");
    peer.end_output();
    const std::string response = peer.response();
    CHECK(status_of_response(response) == 400);
    CHECK(contains(response, "ended after 2 bytes"));
    CHECK(running.admin.state.set.empty());
}

TEST_CASE(
    "a request that does not arrive in time is cut: in the body with 408, in the head without a "
    "word") {
    const Running running(1s);
    Peer body(running.server->address());
    body.send(
        "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        "secret\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\n\r\n{");
    Peer head(running.server->address());
    head.send("GET /healthz HTTP/1.1\r\nHost");
    Peer silent(running.server->address());

    CHECK(status_of_response(body.response()) == 408);
    CHECK(body.is_closed());
    CHECK(head.is_closed());
    CHECK(silent.is_closed());
    CHECK(status_of_response(running.ask(get("/healthz"))) == 200);
}

TEST_CASE("heads that make no sense are refused with a problem document and harm nobody") {
    const Running running;
    const std::vector<std::string> heads{
        "\r\n\r\n",
        "GET\r\n\r\n",
        "NONSENSE\r\n\r\n",
        std::string(100'000, 'A'),
        "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n",
        get("/healthz", "X: " + std::string(100'000, 'a') + "\r\n"),
        get("/healthz", "Content-Length: x\r\n"),
        get("/healthz", "Content-Length: -5\r\n"),
        get("/healthz", "Content-Length: 0\r\nContent-Length: 5\r\n"),
        get("/healthz", "Transfer-Encoding: gzip\r\n"),
        get("/healthz", "Content-Length: 99999999999999999999999\r\n"),
        std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    for (const std::string& head : heads) {
        CAPTURE(head.substr(0, 60));
        Peer peer(running.server->address());
        peer.send(head);
        peer.end_output();
        const std::string response = peer.response();
        CHECK(status_of_response(response) == 400);
        CHECK(contains(response, "Content-Type: application/problem+json\r\n"));
        CHECK(contains(response, "\"kind\":\"malformed\""));
        CHECK(peer.is_closed());
    }
    std::string many = "GET /healthz HTTP/1.1\r\n";
    for (int i = 0; i < 5000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    CHECK(status_of_response(running.ask(many + "\r\n")) == 400);
    CHECK(status_of_response(running.ask(get("/healthz"))) == 200);
    CHECK(contains(running.ask(get("/metrics")),
                   "herald_http_requests_total{method=\"other\",route=\"none\",status=\"400\"}"));
}

/// A request with a body, and behind it what must not be taken for a request.
std::string with_hidden(std::string_view fields, std::string_view body) {
    return "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
           "Content-Type: application/json\r\n" +
           std::string(fields) + "\r\n" + std::string(body) + get("/healthz", kToken);
}

TEST_CASE("RFC 9112 11.2: what a proxy could read otherwise is 400, and the connection ends") {
    const Running running;
    const std::string chunks = "2\r\n{}\r\n0\r\n\r\n";
    const std::vector<std::string> requests{
        with_hidden("Content-Length : 2\r\n", "{}"),
        with_hidden("Content-Length: 2\r\n Content-Length: 50\r\n", "{}"),
        with_hidden("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
        with_hidden("Content-Length: 2, 2\r\n", "{}"),
        with_hidden("Content-Length: +2\r\n", "{}"),
        with_hidden("Content-Length: 0x2\r\n", "{}"),
        with_hidden("Content-Length: 2\nX: y\r\n", "{}"),
        with_hidden("Transfer-Encoding : chunked\r\n", chunks),
        with_hidden("Transfer-Encoding: \x0b"
                    "chunked\r\n",
                    chunks),
        with_hidden("Transfer-Encoding: xchunked\r\n", chunks),
        with_hidden("Transfer-Encoding: chunked, identity\r\n", chunks),
        with_hidden("Transfer-Encoding: gzip, chunked\r\n", chunks),
        with_hidden("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks),
        with_hidden("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks),
        with_hidden("Transfer-Encoding: \"chunked\"\r\n", chunks),
        with_hidden("Transfer-Encoding:\r\n chunked\r\n", chunks),
        with_hidden("X: y\rTransfer-Encoding: chunked\r\n", chunks),
        with_hidden("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\nX: y\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "2 \r\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "\r\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "2;x\ny\r\n{}\r\n0\r\n\r\n"),
        with_hidden("Transfer-Encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n"),
        "PUT /v1/mailboxes/a@b.c HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks,
        "GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET\t/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz http/1.1\r\nHost: x\r\n\r\n",
        "GET http://y/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (const std::string& request : requests) {
        CAPTURE(request);
        Peer peer(running.server->address());
        peer.send(request);
        CHECK(status_of_response(peer.response()) == 400);
        CHECK(peer.is_closed());
    }
    CHECK(running.admin.state.set.empty());
}

TEST_CASE(
    "RFC 9112 2.2, 7.1.1: an empty line before a request and extensions of a chunk do no harm") {
    const Running running;
    Peer peer(running.server->address());
    peer.send("\r\n" + with_hidden("transfer-encoding:  CHUNKED \r\n",
                                   "2;name=\"value\";more\r\n{}\r\n00\r\n\r\n"));
    CHECK(status_of_response(peer.response()) == 204);
    CHECK(status_of_response(peer.response()) == 200);
}

TEST_CASE("a request that comes byte by byte is the same request") {
    Running running;
    Peer peer(running.server->address());
    for (const char byte : with_hidden("Transfer-Encoding: chunked\r\n",
                                       "10\r\n{\"voice\":{\"new\":\r\n3\r\n1}}\r\n0\r\n\r\n"))
        peer.send({&byte, 1});
    CHECK(status_of_response(peer.response()) == 204);
    CHECK(status_of_response(peer.response()) == 200);
    CHECK(contains(running.admin.state.set["message-summary sip:a@b.c"], "Voice-Message: 1/0"));
}

TEST_CASE(
    "RFC 9110 15.5.20: a name this server does not go by is 421, and no other origin is let in") {
    const Running running;
    const auto of_host = [&](const std::string& host) {
        return running.ask("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    };
    for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example", "xx",
                             "127.0.0.1.evil.example"}) {
        CAPTURE(host);
        CHECK(status_of_response(of_host(host)) == 421);
    }
    for (const char* host :
         {"localhost", "LOCALHOST:8080", "x", "X:1", "127.0.0.1:8080", "[::1]:80", "192.0.2.1"}) {
        CAPTURE(host);
        CHECK(status_of_response(of_host(host)) == 200);
    }
    for (const char* host : {"", "a b", "x:y", "x@y", "[::1", "x/y", "x:123456"}) {
        CAPTURE(host);
        CHECK(status_of_response(of_host(host)) == 400);
    }
    const std::string preflight = running.ask(
        "OPTIONS /v1/messages HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n"
        "Access-Control-Request-Method: POST\r\n\r\n");
    CHECK(status_of_response(preflight) == 204);
    CHECK_FALSE(contains(preflight, "Access-Control"));
}

TEST_CASE("health is answered while every thread is taken and others send a byte at a time") {
    Running running(60s, 2);
    running.admin.state.gate.lock();
    std::vector<std::unique_ptr<Peer>> busy, slow;
    for (int i = 0; i < 4; ++i) {
        busy.push_back(std::make_unique<Peer>(running.server->address()));
        busy.back()->send(get("/v1/subscriptions", kToken));
    }
    for (int i = 0; i < 20; ++i) {
        slow.push_back(std::make_unique<Peer>(running.server->address()));
        slow.back()->send("GET /healthz HT");
    }

    CHECK(status_of_response(running.ask(get("/readyz"))) == 200);
    CHECK(status_of_response(running.ask(get("/healthz"))) == 200);

    running.admin.state.gate.unlock();
    for (auto& peer : busy) CHECK(status_of_response(peer->response()) == 200);
}

TEST_CASE("above http.connections the one that has waited longest gives way") {
    const Running running(60s, 2, 8);
    std::vector<std::unique_ptr<Peer>> silent;
    for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<Peer>(running.server->address()));
    CHECK(status_of_response(running.ask(get("/readyz"))) == 200);
    CHECK(silent.front()->is_closed());
    silent.back()->send(get("/healthz"));
    CHECK(status_of_response(silent.back()->response()) == 200);
}

TEST_CASE("what is read and written has a limit in bytes, all connections together") {
    FakeAdmin admin;
    base::Metrics metrics;
    Options options;
    options.listen = sip::Endpoint::from("127.0.0.1", 0).value();
    options.limits.buffer = 8192;
    options.tokens = {{"a", sha256_hex("secret"), "admin"}};
    const auto server = Server::start(options, admin, metrics);
    REQUIRE(server);
    const std::string head =
        "PUT /v1/mailboxes/a@b.c HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n"
        "Content-Type: application/json\r\nContent-Length: ";
    Peer large((*server)->address());
    large.send(head + "20000\r\nExpect: 100-continue\r\n\r\n");
    REQUIRE(contains(large.response(true), "100 Continue"));
    large.send(std::string(19'998, ' '));

    // Until the body has been read the other one may still be welcome.
    int status = 0;
    for (int i = 0; i < 1000 && status != 503; ++i) {
        Peer other((*server)->address());
        other.send(head + "2\r\n\r\n{}");
        status = status_of_response(other.response());
    }
    CHECK(status == 503);
    large.send("{}");
    CHECK(status_of_response(large.response()) == 204);
}

/// Answers everything with a document that no socket takes whole.
class LargeDocuments final : public Service {
public:
    static constexpr std::size_t kSize = 16 << 20;

    Next next(const Request&) const override { return Next::hand_over; }
    Answer answer(const Request&, const ReadBody&) override {
        return {200, "text/plain", std::string(kSize, 'x'), {}};
    }
    Answer answer_unreadable(std::string_view) override { return {400, {}, {}, {}}; }
    Answer answer_other_version(const Request&) override { return {505, {}, {}, {}}; }
    Answer answer_too_many_streams(const Request&, TooMany) override { return {503, {}, {}, {}}; }
    Answer answer_crowded(const Request&) override { return {503, {}, {}, {}}; }
};

TEST_CASE("answers that nobody reads have a limit in bytes, and leave room for other sources") {
    FakeAdmin admin;
    base::Metrics metrics;
    LargeDocuments documents;
    Listener::Setup setup;
    setup.listen = sip::Endpoint::from("127.0.0.1", 0).value();
    setup.limits.buffer = 4 * LargeDocuments::kSize;
    setup.limits.request_timeout = 60s;
    const auto listener = Listener::start(setup, documents, admin.feed(), metrics);
    REQUIRE(listener);
    std::vector<std::unique_ptr<Peer>> greedy;
    int served = 0;
    for (int i = 0; i < 20; ++i) {
        auto& peer =
            *greedy.emplace_back(std::make_unique<Peer>((*listener)->address(), "127.0.0.66"));
        peer.send(get("/large"));
        const auto head = peer.until("\r\n\r\n");
        served += status_of_response(head) == 200 ? 1 : 0;
    }
    CHECK(served >= 2);
    CHECK(served <= 3);
    Peer other((*listener)->address(), "127.0.0.67");
    other.send(get("/large"));
    const auto response = other.response();
    CHECK(status_of_response(response) == 200);
    CHECK(response.size() > LargeDocuments::kSize);
}

TEST_CASE("RFC 9112 3.2: a request names one host, in HTTP/1.0 perhaps none") {
    const Running running;
    CHECK(status_of_response(running.ask("GET /healthz HTTP/1.1\r\n\r\n")) == 400);
    CHECK(status_of_response(running.ask(get("/healthz", "Host: y\r\n"))) == 400);
    const std::string old = running.ask("GET /healthz HTTP/1.0\r\n\r\n");
    CHECK(old.rfind("HTTP/1.0 200 OK\r\n", 0) == 0);
    CHECK(contains(old, "Connection: close\r\n"));
}

TEST_CASE("RFC 9110 15.6.6: another version of HTTP is 505, in a version we speak") {
    const Running running;
    for (const char* version : {"HTTP/2.0", "HTTP/3.7"}) {
        const std::string response =
            running.ask("GET /healthz " + std::string(version) + "\r\nHost: x\r\n\r\n");
        CHECK(response.rfind("HTTP/1.1 505 HTTP Version Not Supported\r\n", 0) == 0);
        CHECK(contains(response, "application/problem+json"));
    }
}

TEST_CASE("an exception behind us is 500 and says that the outcome is not known") {
    Running running;
    running.admin.state.throws = true;
    const std::string response = running.ask(get("/v1/subscriptions", kToken));
    CHECK(status_of_response(response) == 500);
    CHECK(contains(response, "\"kind\":\"unknown_outcome\""));
    CHECK_FALSE(contains(response, "out of luck"));
}

TEST_CASE("more clients than threads are all served") {
    const Running running(10s, 2);
    std::vector<std::thread> clients;
    std::atomic<int> served{0};
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&] {
            for (int k = 0; k < 10; ++k) {
                if (status_of_response(running.ask(get("/v1/subscriptions", kToken))) == 200)
                    ++served;
            }
        });
    }
    for (auto& client : clients) client.join();
    CHECK(served == 160);
}

TEST_CASE("stopping does not wait for idle connections") {
    auto running = std::make_unique<Running>(60s);
    Peer idle(running->server->address());
    idle.send(get("/healthz"));
    CHECK(status_of_response(idle.response()) == 200);
    Peer half(running->server->address());
    half.send("GET /healthz HT");

    const auto begin = std::chrono::steady_clock::now();
    running->server.reset();
    CHECK(std::chrono::steady_clock::now() - begin < 4s);
    CHECK(idle.is_closed());
}

TEST_CASE("an address that is taken is an io fault with the address") {
    Running running;
    Options options;
    options.listen = running.server->address();
    const auto second = Server::start(options, running.admin, running.metrics);
    REQUIRE_FALSE(second);
    CHECK(second.fault().kind == FaultKind::io);
    CHECK(contains(second.fault().detail, running.server->address().to_string()));
}

}  // namespace
}  // namespace herald::http::server_test
