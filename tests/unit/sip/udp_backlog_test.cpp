// tests/unit/sip/udp_backlog_test.cpp: a socket that takes no more, or only part of a batch.
#include <algorithm>
#include <cerrno>
#include <string>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/sip/network_fixture.h"

namespace {

/// Datagrams the system takes before it says EAGAIN; loopback alone never does.
unsigned room_left = UINT32_MAX;

}  // namespace

/// In the place of libc's: the same, but for `room_left`.
extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
    if (room_left == 0) {
        errno = EAGAIN;
        return -1;
    }
    const unsigned taken = std::min(count, room_left);
    const auto sent = static_cast<int>(syscall(SYS_sendmmsg, fd, messages, taken, flags));
    if (sent > 0 && room_left != UINT32_MAX) room_left -= static_cast<unsigned>(sent);
    return sent;
}

namespace herald::sip::udp_backlog_test {

using namespace herald::test;

namespace {

struct LimitedRoom {
    explicit LimitedRoom(unsigned datagrams) { room_left = datagrams; }
    ~LimitedRoom() { room_left = UINT32_MAX; }
};

}  // namespace

TEST_CASE("what a full socket does not take is sent later, in order, behind it what came since") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    const Flow flow = *fixture.network.open(Protocol::udp, peer.endpoint());
    {
        const LimitedRoom limited(70);
        for (int i = 0; i < 100; ++i) CHECK(fixture.network.send(flow, message(i)));
        for (int turn = 0; turn < 5; ++turn) fixture.loop.turn(base::Duration::zero());
        for (int i = 100; i < 120; ++i) CHECK(fixture.network.send(flow, message(i)));
        for (int turn = 0; turn < 5; ++turn) fixture.loop.turn(base::Duration::zero());
        CHECK(room_left == 0);
    }
    fixture.settle();

    for (int i = 0; i < 120; ++i) CHECK(peer.receive() == message(i));
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total") == 0);
}

TEST_CASE("beyond 4 MiB a full socket's datagrams are dropped and counted; then all is well") {
    NetworkFixture fixture;
    const Peer peer(Protocol::udp, fixture.listen(Protocol::udp).bound);
    const int wanted = 32 << 20;
    setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted);
    const Flow flow = *fixture.network.open(Protocol::udp, peer.endpoint());
    const std::string large(60'000, 'x');
    {
        const LimitedRoom limited(0);
        for (int i = 0; i < 100; ++i) CHECK(fixture.network.send(flow, large));
    }
    CHECK(fixture.metric("herald_sip_datagrams_dropped_total", "send backlog") == 100 - 69);
    fixture.settle();
    fixture.network.send(flow, "last");
    fixture.settle();

    for (int i = 0; i < 69; ++i) CHECK((peer.receive() == large));
    CHECK(peer.receive() == "last");
}

}  // namespace herald::sip::udp_backlog_test
