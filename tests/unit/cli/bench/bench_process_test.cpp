// tests/unit/cli/bench/bench_process_test.cpp: what /proc tells about a process.
#include "cli/bench/bench_process.h"

#include <ctime>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "sip/socket.h"

namespace herald::cli::bench::bench_process_test {
namespace {

TEST_CASE("CPU times are found behind a name with blanks and parentheses") {
    const auto usage = read_stat(
        "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0 100 1 2 3", 100);

    REQUIRE(usage);
    CHECK(usage->user_seconds == doctest::Approx(2.5));
    CHECK(usage->system_seconds == doctest::Approx(0.5));
    CHECK(usage->seconds() == doctest::Approx(3.0));
}

TEST_CASE("whose child a process is and what its own used, from its stat line") {
    const auto kinship = read_kinship(
        "42 (a) b (c) S 7 42 42 0 -1 4194304 100 0 0 0 250 50 300 125 20 0 3 0 100 1 2 3", 100);

    REQUIRE(kinship);
    CHECK(kinship->parent == 7);
    CHECK(kinship->seconds_of_ended == doctest::Approx(4.25));
    CHECK_FALSE(read_kinship("42 (a) S 7 42 42 0 -1 4194304 100 0 0 0 250 50 300", 100));
}

TEST_CASE("a family's processor time has that of living and of ended children") {
    const auto spin = [](double seconds) {
        while (static_cast<double>(std::clock()) / CLOCKS_PER_SEC < seconds) {
        }
    };
    const auto child = [&](int finish, int go) {
        const int pid = ::fork();
        if (pid != 0) return pid;
        spin(0.2);
        char byte = 1;
        (void)!::write(finish, &byte, 1);
        (void)!::read(go, &byte, 1);
        ::_exit(0);
    };
    int done[2], go[2];
    REQUIRE(::pipe(done) == 0);
    REQUIRE(::pipe(go) == 0);
    const double before = seconds_of_family(::getpid());
    const int pid = child(done[1], go[0]);
    char byte = 0;
    REQUIRE(::read(done[0], &byte, 1) == 1);

    CHECK(seconds_of_family(::getpid()) - before >= 0.15);
    REQUIRE(::write(go[1], &byte, 1) == 1);
    REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    CHECK(seconds_of_family(::getpid()) - before >= 0.15);
    CHECK(seconds_of_family(0x7FFF'FFFF) == 0);
    for (const int file : {done[0], done[1], go[0], go[1]}) ::close(file);
}

TEST_CASE("what is no stat line tells nothing") {
    CHECK_FALSE(read_stat("", 100));
    CHECK_FALSE(read_stat("42 (a", 100));
    CHECK_FALSE(read_stat("42 (a) S 1 2 3", 100));
    CHECK_FALSE(read_stat("42 (a) S 1 42 42 0 -1 4194304 100 0 0 0 x 50 0", 100));
}

TEST_CASE("the inode of a bound port is found in the table of sockets") {
    constexpr std::string_view kTable =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout "
        "inode ref pointer drops\n"
        "  101: 0100007F:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "777 2 0000000000000000 0\n"
        "  204: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        "
        "0 "
        "12345 2 0000000000000000 0\n";

    CHECK(inode_of_port(kTable, 5060) == "12345");
    CHECK(inode_of_port(kTable, 5353) == "777");
    CHECK_FALSE(inode_of_port(kTable, 5061));
    CHECK_FALSE(inode_of_port("", 5060));
}

TEST_CASE("this process uses memory and time, and owns the ports it binds") {
    const auto usage = usage_of(getpid());
    REQUIRE(usage);
    CHECK(usage->resident_bytes > 100'000);
    CHECK(usage->seconds() > 0);

    const auto socket = sip::bind_socket(sip::Protocol::udp, *sip::Endpoint::from("127.0.0.1", 0),
                                         sip::Sharing::alone);
    REQUIRE(socket);

    CHECK(owner_of_port({.server = sip::local_endpoint(*socket)}) == getpid());
    const auto listener = sip::bind_socket(sip::Protocol::tcp, *sip::Endpoint::from("127.0.0.1", 0),
                                           sip::Sharing::alone);
    REQUIRE(listener);
    CHECK(owner_of_port({.server = sip::local_endpoint(*listener),
                         .protocol = sip::Protocol::tls}) == getpid());
    CHECK_FALSE(usage_of(0));
}

}  // namespace
}  // namespace herald::cli::bench::bench_process_test
