// tests/unit/sip/stream_test.cpp: one stream: how long it may be silent, what it is watched for,
// what it holds.
#include "sip/stream.h"

#include <chrono>
#include <string>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "sip/spare_buffers.h"

namespace herald::sip::stream_test {

using namespace std::chrono_literals;

namespace {

constexpr base::Instant kBegin{1h};

Stream made() {
    Stream stream{.channel = Channel({}, {})};
    stream.active = stream.born = stream.since = stream.heard = kBegin;
    return stream;
}

}  // namespace

TEST_CASE("a stream ends by the nearest of the deadlines that hold for it") {
    const StreamPatience patience{
        .idle = 100s, .partial = 30s, .first_message = 32s, .connect = 4s, .handshake = 10s};
    auto stream = made();
    const auto left = [&] { return stream.deadline(patience) - kBegin; };

    CHECK(left() == 100s);
    stream.is_guest = true;
    CHECK(left() == 32s);
    stream.is_partial = true;
    CHECK(left() == 30s);
    stream.silence = 5s;
    CHECK(left() == 5s);
    stream.heard += 20s;
    CHECK(left() == 25s);
    stream.state = Stream::State::connecting;
    CHECK(left() == 4s);
    stream.state = Stream::State::draining;
    CHECK(left() == 2s);
}

TEST_CASE("a stream is read unless its peer does not read, and written while something waits") {
    auto stream = made();

    CHECK(stream.wanted_events(true) == EPOLLIN);
    CHECK(stream.wanted_events(false) == 0);
    stream.is_full = true;
    stream.out = "x";
    CHECK(stream.wanted_events(true) == EPOLLOUT);
    stream.state = Stream::State::draining;
    CHECK(stream.wanted_events(false) == (EPOLLIN | EPOLLOUT));
    stream.state = Stream::State::connecting;
    CHECK(stream.wanted_events(true) == EPOLLOUT);
}

TEST_CASE("a buffer of usual size is no burden, a large one is") {
    auto stream = made();

    stream.out.reserve(SpareBuffers::kLargest);
    CHECK(stream.burden() == 0);
    stream.out.reserve(2 * SpareBuffers::kLargest);
    CHECK(stream.burden() == stream.out.capacity());
}

TEST_CASE("what the socket does not take stays; without a peer there is no connection") {
    auto stream = made();
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    stream.socket = Socket(ends[0]);
    Socket peer(ends[1]);
    stream.out.assign(8 << 20, 'x');

    CHECK(stream.write_out(kBegin + 1s));
    CHECK(stream.written > 0);
    CHECK(stream.unsent() == stream.out.size() - stream.written);
    CHECK(stream.unsent() > 0);
    CHECK(stream.active == kBegin + 1s);
    peer = Socket();
    CHECK_FALSE(stream.write_out(kBegin + 2s));
}

}  // namespace herald::sip::stream_test
