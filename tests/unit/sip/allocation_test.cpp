// tests/unit/sip/allocation_test.cpp: the ways a million messages take allocate nothing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "sip/framer.h"
#include "sip/stack.h"
#include "tests/unit/sip/stack_fixture.h"

// Sanitizers bring their own allocator, with checks that must not be lost.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HERALD_SANITIZER_ALLOCATES
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HERALD_SANITIZER_ALLOCATES
#endif
#ifndef HERALD_SANITIZER_ALLOCATES

namespace {
std::uint64_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    void* const room = std::malloc(size);
    if (room == nullptr) std::abort();
    return room;
}
void operator delete(void* room) noexcept {
    std::free(room);
}
void operator delete(void* room, std::size_t) noexcept {
    std::free(room);
}

namespace herald::test::allocation_test {
namespace {

using namespace herald::sip;

/// Keeps the last message in room it has.
class LastOnly final : public Transport {
public:
    bool send(const Flow&, std::string_view bytes) override {
        last.assign(bytes);
        return true;
    }
    Result<Flow> open(Protocol, const Endpoint& peer, std::string_view = {}) override {
        return Flow{.peer = peer};
    }
    bool is_open(const Flow&) const override { return true; }
    const ListenerAddress& listener(const Flow&) const override { return address_; }
    std::span<const ListenerAddress> listeners() const override { return {&address_, 1}; }

    std::string last;

private:
    const ListenerAddress address_{
        .bound = endpoint("192.0.2.1", 5060), .host = "192.0.2.1", .port = 5060};
};

struct Counting final : RequestSource {
    void write_request(std::uint64_t, std::string_view via, std::string& out) override {
        out += "NOTIFY sip:bob@192.0.2.10 SIP/2.0\r\n";
        out += via;
        out += "From: <sip:a@b>;tag=a\r\nTo: <sip:b@a>;tag=b\r\nCall-ID: c\r\nCSeq: 9 NOTIFY\r\n";
        out += "Content-Length: 0\r\n\r\n";
    }
    void on_outcome(std::uint64_t, const ClientOutcome& outcome) override {
        answered += outcome.status == 200 ? 1 : 0;
    }
    int answered = 0;
};

}  // namespace

TEST_CASE("a NOTIFY and its 200, and a copy of it, allocate nothing") {
    base::ManualClock clock;
    base::Loop loop(clock);
    base::Metrics metrics;
    LastOnly transport;
    NotingHandler handler;
    Counting source;
    Stack stack(loop, transport, handler, metrics, {});
    const Flow flow{.peer = endpoint("192.0.2.10", 5060)};
    std::string answer;
    const auto exchange = [&] {
        stack.start(flow, source, 1);
        answer.assign("SIP/2.0 200 OK\r\nVia: ");
        const std::size_t via = transport.last.find("Via: ") + 5;
        answer.append(transport.last, via, transport.last.find("\r\n", via) - via);
        answer.append("\r\nFrom: <sip:a@b>;tag=a\r\nTo: <sip:b@a>;tag=b\r\nCall-ID: c\r\n");
        answer.append("CSeq: 9 NOTIFY\r\nContent-Length: 0\r\n\r\n");
        stack.on_message(answer, flow, Framing::datagram);
    };
    for (int i = 0; i < 10; ++i) exchange();

    const std::uint64_t before = allocations;
    for (int i = 0; i < 10'000; ++i) exchange();
    const std::uint64_t after = allocations;

    CHECK(source.answered == 10'010);
    CHECK(after - before == 0);
}

TEST_CASE("an idle stream keeps the room of a small message and gives that of a large one back") {
    const auto text = [](std::size_t size) {
        return "MESSAGE sip:b@h SIP/2.0\r\nl: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'x');
    };
    const std::string small = text(100);
    const std::string large = text(100'000);
    Framer framer;
    const auto allocations_for = [&framer](const std::string& message) {
        const std::uint64_t before = allocations;
        framer.append(message);
        while (framer.next()) continue;
        return allocations - before;
    };
    REQUIRE(allocations_for(small) > 0);

    CHECK(allocations_for(small) == 0);
    CHECK(allocations_for(large) > 0);
    CHECK(allocations_for(small) > 0);
}

}  // namespace herald::test::allocation_test

#endif
