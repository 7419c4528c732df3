// tests/unit/http/streaming_test.cpp: readers of events over loopback: many of them, slow ones, and
// those that leave.
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "http/server.h"
#include "tests/unit/http/bench.h"
#include "tests/unit/http/fake_admin.h"
#include "tests/unit/http/peer.h"

namespace herald::http::streaming_test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kRequest =
    "GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n\r\n";

/// A server with two threads and room for three connections and twenty readers.
struct Streaming {
    FakeAdmin admin;
    base::Metrics metrics;
    std::unique_ptr<Server> server;

    explicit Streaming(std::chrono::seconds heartbeat = 60s, std::size_t per_token = 20) {
        Options options;
        options.listen = sip::Endpoint::from("127.0.0.1", 0).value();
        options.threads = 2;
        options.limits.connections = 3;
        options.limits.event_streams = 20;
        options.limits.event_streams_per_token = per_token;
        options.limits.heartbeat = heartbeat;
        options.hosts = {"x"};
        options.tokens = {{"a", sha256_hex("secret"), "admin"}, {"b", sha256_hex("other"), "read"}};
        auto started = Server::start(options, admin, metrics);
        REQUIRE(started);
        server = *std::move(started);
    }
    std::unique_ptr<Peer> reader() const {
        auto peer = std::make_unique<Peer>(server->address());
        peer->send(kRequest);
        CHECK(contains(peer->until("retry: 2000\n\n"), "Content-Type: text/event-stream\r\n"));
        return peer;
    }
    void happen(std::string resource) {
        admin.feed().inlet(0).post(
            {.kind = server::EventKind::resource_changed, .resource = std::move(resource)});
    }
    std::uint64_t metric(std::string_view name) const {
        for (const auto& sample : metrics.collect()) {
            if (sample.name == name) return static_cast<std::uint64_t>(sample.value);
        }
        return 0;
    }
    /// Whether it gets there, within what a loaded machine takes.
    bool becomes(std::string_view name, std::uint64_t value) const {
        for (int i = 0; i < 3000 && metric(name) != value; ++i) std::this_thread::sleep_for(20ms);
        return metric(name) == value;
    }
};

TEST_CASE("readers hold no thread and take no other connection's place") {
    Streaming running;
    std::vector<std::unique_ptr<Peer>> readers;
    for (int i = 0; i < 20; ++i) readers.push_back(running.reader());
    CHECK(running.metric("herald_http_event_streams") == 20);

    running.happen("sip:alice@b.c");
    for (auto& reader : readers)
        CHECK(contains(reader->until("\n\n"), "\"resource\":\"sip:alice@b.c\""));

    Peer other(running.server->address());
    other.send("GET /v1/subscriptions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n\r\n");
    CHECK(contains(other.response(), "200 OK"));
    Peer one_too_many(running.server->address());
    one_too_many.send(kRequest);
    CHECK(contains(one_too_many.response(), "503 Service Unavailable"));

    readers.clear();
    CHECK(running.becomes("herald_http_event_streams", 0));
    CHECK(running.reader());
}

TEST_CASE("readers with one token leave room for those with another") {
    Streaming running(60s, 2);
    auto first = running.reader();
    const auto second = running.reader();
    Peer third(running.server->address());
    third.send(kRequest);
    CHECK(contains(third.response(), "429 Too Many Requests"));
    Peer other(running.server->address());
    other.send("GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer other\r\n\r\n");
    other.until("retry: 2000\n\n");
    CHECK(running.metric("herald_http_event_streams") == 3);

    first.reset();
    CHECK(running.becomes("herald_http_event_streams", 2));
    CHECK(running.reader());
}

TEST_CASE("what happens between two connections is told to who comes back") {
    Streaming running;
    auto reader = running.reader();
    running.happen("sip:one@b.c");
    CHECK(contains(reader->until("\n\n"), "id: 7-1\n"));
    reader.reset();
    running.happen("sip:two@b.c");

    Peer back(running.server->address());
    back.send(
        "GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
        "Last-Event-ID: 7-1\r\n\r\n");
    back.until("retry: 2000\n\n");
    const auto told = back.until("\n\n");
    CHECK(contains(told, "id: 7-2\n"));
    CHECK(contains(told, "sip:two@b.c"));
}

TEST_CASE("nothing happens: a heartbeat says where the reader is") {
    Streaming running(1s);
    auto reader = running.reader();
    CHECK(reader->until("\n\n") == "id: 7-0\n\n");
}

TEST_CASE("who reads nothing is cut, and holds a batch of bytes meanwhile") {
    Streaming running(1s);
    auto slow = running.reader();
    for (int i = 0; i < 40'000 && running.metric("herald_http_event_streams") > 0; ++i) {
        running.happen("sip:" + std::string(2000, 'x') + "@b.c");
        CHECK(running.metric("herald_http_buffered_bytes") < 200'000);
        if (i % 20 == 0) std::this_thread::sleep_for(1ms);
    }
    CHECK(running.becomes("herald_http_event_streams_cut_total", 1));
    CHECK(running.becomes("herald_http_event_streams", 0));
}

TEST_CASE("HEAD of the events ends, and so does the server while somebody reads") {
    Streaming running;
    Peer head(running.server->address());
    head.send(
        "HEAD /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(contains(head.response(true), "text/event-stream"));
    CHECK(contains(head.response(), "alive"));

    auto reader = running.reader();
    running.server.reset();
    CHECK(reader->is_closed());
}

}  // namespace
}  // namespace herald::http::streaming_test
