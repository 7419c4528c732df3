// tests/unit/sip/privacy_test.cpp: what a sender wants hidden.
#include "sip/privacy.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::sip::privacy_test {
namespace {

struct Asked {
    explicit Asked(const std::string& lines)
        : bytes(test::wire("MESSAGE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\n"
                           "From: <sip:d@e>;tag=1\nTo: <sip:a@b>\nCall-ID: c\nCSeq: 1 MESSAGE\n" +
                           lines + "\n")),
          message(parse({bytes.data(), bytes.size()}, Framing::datagram).message) {}

    std::string bytes;
    Message message;
};

}  // namespace

TEST_CASE("RFC 3323 4.2: levels are parted by semicolons, in any case and over several lines") {
    const Asked asked("Privacy: header; ID\nPrivacy: none\n");
    CHECK(asks_privacy(asked.message, "id"));
    CHECK(asks_privacy(asked.message, "none"));
    CHECK(asks_privacy(asked.message, "Header"));
    CHECK_FALSE(asks_privacy(asked.message, "user"));
    CHECK_FALSE(asks_privacy(Asked("").message, "id"));
}

TEST_CASE("RFC 3323 5: what must be hidden and cannot be is named") {
    CHECK(unmet_privacy(Asked("Privacy: id;critical\n").message).empty());
    CHECK(unmet_privacy(Asked("Privacy: user\n").message).empty());
    CHECK(unmet_privacy(Asked("Privacy: none;critical\n").message).empty());
    CHECK(unmet_privacy(Asked("Privacy: id;User;critical\n").message) == "User");
    CHECK(unmet_privacy(Asked("Privacy: critical\nPrivacy: session\n").message) == "session");
}

}  // namespace herald::sip::privacy_test
