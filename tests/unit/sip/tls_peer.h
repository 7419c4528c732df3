// tests/unit/sip/tls_peer.h: the other end of a TLS connection: a session of our own library on a
// blocking socket, while a loop turns what is tested.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sys/socket.h>

#include <doctest/doctest.h>

#include "sip/socket.h"
#include "sip/tls.h"
#include "tests/unit/sip/network_fixture.h"

namespace herald::test {

inline std::shared_ptr<const sip::TlsContext> context_of(const sip::TlsFiles& files) {
    const auto context = sip::TlsContext::load(files);
    REQUIRE_MESSAGE(context, (context ? std::string() : context.fault().detail));
    return *context;
}

/// Speaks TLS on `fd`, which it does not own. What arrives is kept in `plain`.
class TlsPeer {
public:
    TlsPeer(NetworkFixture& fixture, int fd, std::unique_ptr<sip::TlsSession> session)
        : fixture_(fixture), fd_(fd), session_(std::move(session)) {
        std::string out;
        REQUIRE(session_->begin(out));
        write(out);
    }

    /// Turns both ends until `condition` holds; false: it does not within two seconds.
    template <class Condition>
    bool until(Condition condition) {
        return fixture_.until([&] { return poll(), condition(); });
    }
    /// The handshake is done, at this end.
    bool shake_hands() {
        return until([&] { return session_->is_up() || !why.empty() || is_closed; }) &&
               session_->is_up();
    }
    void send(std::string_view text) {
        std::string out;
        REQUIRE(session_->send(text, out));
        write(out);
    }
    bool receives(std::string_view text) {
        return until([&] { return plain.size() >= text.size(); }) && plain == text;
    }
    sip::TlsSession& session() { return *session_; }

    std::string plain;
    std::string why;  ///< this end ended it
    bool is_closed = false;

private:
    void write(const std::string& out) const {
        static_cast<void>(::send(fd_, out.data(), out.size(), MSG_NOSIGNAL));
    }
    void poll() {
        char room[70'000];
        const ssize_t size = recv(fd_, room, sizeof room, MSG_DONTWAIT);
        if (size == 0) is_closed = true;
        if (size <= 0 || !why.empty()) return;
        std::string out;
        const Status done = session_->receive({room, static_cast<std::size_t>(size)}, plain, out);
        write(out);
        if (!done) why = done.fault().detail;
    }

    NetworkFixture& fixture_;
    const int fd_;
    std::unique_ptr<sip::TlsSession> session_;
};

}  // namespace herald::test
