// tests/unit/server/core/subscription_test.cpp: the packed texts of a subscription, flows as text.
#include "server/core/subscription.h"

#include <doctest/doctest.h>

#include "tests/support/fake_transport.h"

namespace herald::server::subscription_test {
namespace {

using Part = PackedText::Part;

const PackedText::Parts kParts{"call",
                               "<sip:alice@example.com>",
                               "<sip:bob@example.com>",
                               "sip:bob@192.0.2.9:5060;transport=tcp",
                               "localtag",
                               "remotetag",
                               "presence;id=7",
                               "sip:bob@example.com",
                               "sip:alice@example.com",
                               "<urn:uuid:1>",
                               "<sip:192.0.2.50;lr>, <sip:192.0.2.51;lr>"};

}  // namespace

TEST_CASE("every part comes back as it was put in") {
    const PackedText text(kParts);
    CHECK(text.parts() == kParts);
    CHECK(text[Part::watcher] == "sip:bob@example.com");
    CHECK_FALSE(text.is_empty());
}

TEST_CASE("whether there are 255 bytes of text, or more, every part comes back") {
    auto parts = kParts;
    for (std::size_t size = 1; size < 300; ++size) {
        const std::string target(size, 'x');
        parts[static_cast<std::size_t>(Part::remote_target)] = target;
        const PackedText text(parts);
        CHECK(text.parts() == parts);
    }
}

TEST_CASE("no text at all has empty parts") {
    const PackedText text;
    CHECK(text.is_empty());
    CHECK(text[Part::call_id].empty());
    CHECK(text.parts() == PackedText::Parts{});
}

TEST_CASE("parts may be empty, alike or inside one another") {
    const PackedText text({"same", "same", "xsamex", "", "am", "e", "", "", "", "", "m"});
    CHECK(text[Part::call_id] == "same");
    CHECK(text[Part::local_uri] == "same");
    CHECK(text[Part::remote_uri] == "xsamex");
    CHECK(text[Part::remote_target].empty());
    CHECK(text[Part::local_tag] == "am");
    CHECK(text[Part::route_set] == "m");
}

TEST_CASE("a part of its own text makes a new one") {
    const PackedText text(kParts);
    auto parts = text.parts();
    parts[static_cast<std::size_t>(Part::remote_target)] = "sip:bob@192.0.2.10";
    const PackedText moved(parts);
    CHECK(moved[Part::remote_target] == "sip:bob@192.0.2.10");
    CHECK(moved[Part::route_set] == kParts[10]);
}

TEST_CASE("a part longer than 65,535 bytes is cut, those before it stay") {
    const std::string endless(70'000, 'x');
    auto parts = kParts;
    parts[static_cast<std::size_t>(Part::entity)] = endless;
    const PackedText text(parts);
    CHECK(text[Part::entity].size() > 65'000);
    CHECK(text[Part::call_id] == "call");
    CHECK(text[Part::watcher] == "sip:bob@example.com");
}

TEST_CASE("parts that do not fit together are cut, never mistaken for others") {
    auto parts = kParts;
    const std::string endless(65'530, 'x');
    parts[static_cast<std::size_t>(Part::remote_target)] = endless;
    const PackedText text(parts);
    for (std::size_t i = 0; i < PackedText::kParts; ++i) {
        CAPTURE(i);
        const auto part = static_cast<Part>(i);
        CHECK(text[part] == parts[i].substr(0, text[part].size()));
    }
}

TEST_CASE("the id of an Event") {
    CHECK(event_id_of("presence").empty());
    CHECK(event_id_of("presence;id=7") == "7");
    CHECK(event_id_of("presence;x=1;id=7;y") == "7");
    CHECK(event_id_of("presence;x=1").empty());
}

TEST_CASE("RFC 6665 4.2.2: seconds left are rounded up, never negative") {
    using std::chrono::milliseconds;
    const base::WallTime now(milliseconds(1'000'000));
    CHECK(seconds_left(now + milliseconds(60'000), now) == 60);
    CHECK(seconds_left(now + milliseconds(59'001), now) == 60);
    CHECK(seconds_left(now + milliseconds(1), now) == 1);
    CHECK(seconds_left(now, now) == 0);
    CHECK(seconds_left(now - milliseconds(5'000), now) == 0);
}

TEST_CASE("RFC 6665 4.1.3: reasons by their registered names") {
    CHECK(name_of(EndReason::timeout) == "timeout");
    CHECK(name_of(EndReason::rejected) == "rejected");
    CHECK(name_of(EndReason::noresource) == "noresource");
    CHECK(name_of(EndReason::deactivated) == "deactivated");
    CHECK(name_of(EndReason::probation) == "probation");
    CHECK(name_of(EndReason::giveup) == "giveup");
}

}  // namespace herald::server::subscription_test
