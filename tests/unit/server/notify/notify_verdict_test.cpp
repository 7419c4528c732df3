// tests/unit/server/notify/notify_verdict_test.cpp: what each answer to a NOTIFY means: every
// status there is.
#include "server/notify/notify_verdict.h"

#include <set>

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::server::notify_verdict_test {
namespace {

/// RFC 6665 4.2.2's list, and 502, which destroys the dialog (RFC 5057).
const std::set<int> kRemoving{404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 502, 604};

NotifyVerdict wanted(int status, bool has_retry_after) {
    if (status < 300) return NotifyVerdict::delivered;
    if (kRemoving.count(status) > 0) return NotifyVerdict::remove;
    if (status == 408) return NotifyVerdict::suspect;
    if (status == 430) return NotifyVerdict::flow_gone;
    if (status == 401 || status == 407) return NotifyVerdict::authenticate;
    if (status == 406 || status == 413 || status == 415 || status == 488)
        return NotifyVerdict::other_body;
    const bool may_wait = status == 500 || status == 503 || status == 504;
    return may_wait && has_retry_after ? NotifyVerdict::wait : NotifyVerdict::keep;
}

}  // namespace

TEST_CASE("RFC 6665 4.2.2, RFC 5057 5.1: every final status has its verdict") {
    for (int status = 200; status < 700; ++status) {
        CAPTURE(status);
        CHECK(verdict_of(status, false) == wanted(status, false));
        CHECK(verdict_of(status, true) == wanted(status, true));
    }
}

TEST_CASE("RFC 3261 8.1.3.1: no answer at all, and nothing that could be sent") {
    using How = sip::ClientOutcome::How;
    CHECK(verdict_of({How::timeout, 408, nullptr, {}}) == NotifyVerdict::suspect);
    CHECK(verdict_of({How::transport_error, 503, nullptr, {}}) == NotifyVerdict::unreachable);
    CHECK(verdict_of({How::response, 200, nullptr, {}}) == NotifyVerdict::delivered);
    CHECK(verdict_of({How::response, 481, nullptr, {}}) == NotifyVerdict::remove);
}

TEST_CASE("RFC 5057 5.1: a 503 waits where the response says for how long") {
    auto bytes = test::wire(
        "SIP/2.0 503 Later\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\n"
        "To: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 NOTIFY\nRetry-After: 5\n\n");
    const auto parsed = sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram);
    REQUIRE(parsed.error == sip::ParseOutcome::Error::none);
    using How = sip::ClientOutcome::How;
    CHECK(verdict_of({How::response, 503, &parsed.message, {}}) == NotifyVerdict::wait);
    CHECK(verdict_of({How::response, 503, nullptr, {}}) == NotifyVerdict::keep);
}

}  // namespace herald::server::notify_verdict_test
