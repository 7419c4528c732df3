// tests/unit/http/hooks_test.cpp: programs that events are posted to, and that do not answer as
// they should.
#include "http/hooks.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/time.h"
#include "server/feed/feed.h"
#include "tests/unit/http/fake_admin.h"

namespace herald::http::hooks_test {
namespace {

using namespace std::chrono_literals;

/// Takes one connection after the other, and says something to each, then the same again and again.
class Dribbler {
public:
    Dribbler(std::string first, std::string again)
        : first_(std::move(first)), again_(std::move(again)) {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof any;
        REQUIRE(::bind(listening_, reinterpret_cast<const sockaddr*>(&any), size) == 0);
        REQUIRE(::listen(listening_, 8) == 0);
        REQUIRE(::getsockname(listening_, reinterpret_cast<sockaddr*>(&any), &size) == 0);
        port = ntohs(any.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Dribbler() {
        is_over_ = true;
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }

    int port = 0;
    std::atomic<int> left{0};  ///< by who posted, while it was still told something

private:
    static bool say(int peer, const std::string& text) {
        return ::send(peer, text.data(), text.size(), MSG_NOSIGNAL) > 0;
    }
    void run() {
        while (!is_over_) {
            const int peer = ::accept(listening_, nullptr, nullptr);
            if (peer < 0) return;
            say(peer, first_);
            while (!is_over_ && say(peer, again_)) std::this_thread::sleep_for(20ms);
            if (!is_over_) ++left;
            ::close(peer);
        }
    }

    const std::string first_, again_;
    int listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::atomic<bool> is_over_{false};
    std::thread thread_;
};

}  // namespace

TEST_CASE("a program that answers without an end is left after hooks.timeout") {
    const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    for (const auto& first : {kContinue, std::string("HTTP/1.1 200 OK\r\nX: ")}) {
        CAPTURE(first);
        FakeAdmin admin;
        base::Metrics metrics;
        const base::SystemClock clock;
        Dribbler program(first, first == kContinue ? first : "x");
        const auto hooks =
            Hooks::start({.url = "http://127.0.0.1:" + std::to_string(program.port) + "/",
                          .secret_file = {},
                          .kinds = {"resource.changed"},
                          .keep = 3600s,
                          .timeout = 1s},
                         admin, metrics, clock);
        REQUIRE(hooks);
        server::Event event{.kind = server::EventKind::resource_changed,
                            .resource = "sip:alice@b.c"};
        event.at = clock.wall();
        admin.feed().inlet(0).post(std::move(event));
        for (int i = 0; i < 3000 && program.left == 0; ++i) std::this_thread::sleep_for(20ms);
        CHECK(program.left > 0);
    }
}

}  // namespace herald::http::hooks_test
