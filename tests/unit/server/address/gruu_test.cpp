// tests/unit/server/address/gruu_test.cpp: names of one device (RFC 5627).
#include "server/address/gruu.h"

#include <doctest/doctest.h>

namespace herald::server::gruu_test {
namespace {

const base::HashKey kKey{1, 2};
constexpr std::string_view kInstance = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";

sip::Uri uri(const std::string& text) {
    const auto parsed = sip::parse_uri(text);
    REQUIRE(parsed);
    return *parsed;
}

}  // namespace

TEST_CASE("RFC 5627 5.4: a temporary GRUU is read by whoever has the key, after a restart too") {
    const Gruus gruus(kKey);
    const TemporaryGruu content{gruus.subject("sip:alice@example.com", kInstance, "call"), 1023};

    const auto text = gruus.temporary_gruu("example.com", content);
    const auto read = Gruus(kKey).read(uri(text));

    REQUIRE(read);
    CHECK(read->subject == content.subject);
    CHECK(read->bucket == 1023);
    CHECK(text.ends_with("@example.com;gr"));
    const auto other = Gruus({3, 4}).read(uri(text));
    REQUIRE(other);
    CHECK(other->subject != content.subject);
}

TEST_CASE("RFC 5627 5.4: temporary GRUUs of one device have nothing in common") {
    const Gruus gruus(kKey);
    const TemporaryGruu content{7, 7};

    const auto first = gruus.temporary_gruu("example.com", content);
    const auto second = gruus.temporary_gruu("example.com", content);

    REQUIRE(first.size() == second.size());
    std::size_t same = 0;
    for (std::size_t i = 10; i < 36; ++i) same += first[i] == second[i] ? 1 : 0;
    CHECK(same < 13);
}

TEST_CASE("what is no temporary GRUU is not read as one") {
    const Gruus gruus(kKey);
    const auto text = gruus.temporary_gruu("example.com", {7, 7});
    const auto user = text.substr(4, text.find('@') - 4);

    CHECK_FALSE(gruus.read(uri("sip:" + user + "@example.com")));
    CHECK_FALSE(gruus.read(uri("sip:" + user.substr(0, user.size() - 1) + "@example.com;gr")));
    CHECK_FALSE(gruus.read(uri("sip:" + user + "a@example.com;gr")));
    CHECK_FALSE(gruus.read(uri("sip:tgruu.01898989898989898989898989@example.com;gr")));
    CHECK_FALSE(gruus.read(uri("sip:alice@example.com;gr=" + std::string(kInstance))));
    // Proxies may write it in capitals.
    auto capitals = user;
    for (auto& c : capitals) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    CHECK(gruus.read(uri("sip:" + capitals + "@example.com;gr")));
}

TEST_CASE("RFC 5627 5.4: a device's subject changes with its Call-ID, not with spelling") {
    const Gruus gruus(kKey);
    const auto subject = gruus.subject("sip:alice@example.com", kInstance, "one");

    CHECK(gruus.subject("sip:alice@example.com", "URN:uuid:00000000-0000-1000-8000-000A95A0E128",
                        "one") == subject);
    CHECK(gruus.subject("sip:alice@example.com", kInstance, "two") != subject);
    CHECK(gruus.subject("sip:bob@example.com", kInstance, "one") != subject);
}

TEST_CASE("RFC 5627 5.4: a public GRUU is the AOR and the instance, escaped, and comes back") {
    const Gruus gruus(kKey);

    CHECK(gruus.public_gruu("sip:alice@example.com", kInstance) ==
          "sip:alice@example.com;gr=" + std::string(kInstance));
    const auto odd = gruus.public_gruu("sip:alice@example.com", "a;b=c d");
    CHECK(odd == "sip:alice@example.com;gr=a%3Bb%3Dc%20d");
    CHECK(public_gruu_instance(uri(odd)) == "a;b=c d");
    CHECK_FALSE(public_gruu_instance(uri("sip:alice@example.com;gr")));
    CHECK_FALSE(public_gruu_instance(uri("sip:alice@example.com")));
}

}  // namespace herald::server::gruu_test
