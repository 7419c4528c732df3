// tests/unit/server/access/certified_test.cpp: what a client's certificate makes of it.
#include "server/access/certified.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/config/config_values.h"

namespace herald::server::certified_test {
namespace {

/// "trusted", the account, or "nobody".
std::string meaning(const sip::CertificateNames& names, const std::vector<std::string>& lines) {
    std::vector<CertificateEntry> entries;
    for (const auto& line : lines) {
        const auto entry = parse_certificate_entry(line);
        REQUIRE_MESSAGE(entry, line);
        CHECK(to_string(*parse_certificate_entry(to_string(*entry))) == to_string(*entry));
        entries.push_back(*entry);
    }
    const auto known = certified(names, entries);
    if (!known) return "nobody";
    return known->is_trusted ? "trusted" : known->aor;
}

}  // namespace

TEST_CASE("RFC 5922 7.1: a host is the SIP domain of a certificate, whole, without wildcards") {
    const std::vector<std::string> entries{"Proxy.example.com=trusted",
                                           "door.example.com=sip:door@example.com"};
    CHECK(meaning({.hosts = {"proxy.example.com"}}, entries) == "trusted");
    CHECK(meaning({.uris = {"sip:proxy.example.com"}, .hosts = {"door.example.com"}}, entries) ==
          "trusted");
    CHECK(meaning({.hosts = {"door.example.com"}}, entries) == "sip:door@example.com");
    CHECK(meaning({.hosts = {"*.example.com"}}, entries) == "nobody");
    CHECK(meaning({.hosts = {"a.proxy.example.com", "example.com"}}, entries) == "nobody");
    CHECK(meaning({}, entries) == "nobody");
}

TEST_CASE("RFC 5922 7.1: a URI with a user is that user, where the operator says so") {
    const std::vector<std::string> entries{"sip:boss@example.com=sip:chief@example.com",
                                           "sip:edge@example.com=trusted", "*@phones.example.com"};
    CHECK(meaning({.uris = {"sip:boss@EXAMPLE.com"}}, entries) == "sip:chief@example.com");
    CHECK(meaning({.uris = {"sips:edge@example.com;x=1"}}, entries) == "trusted");
    CHECK(meaning({.uris = {"https://a.test", "sip:zoe@Phones.example.com"}}, entries) ==
          "sip:zoe@phones.example.com");
    CHECK(meaning({.uris = {"sip:zoe@sub.phones.example.com"}}, entries) == "nobody");
    CHECK(meaning({.uris = {"sip:phones.example.com"}}, entries) == "nobody");
    CHECK(meaning({.uris = {"sip:Boss@example.com"}}, entries) == "nobody");
    CHECK(meaning({.uris = {"sip:boss@example.com"}}, {}) == "nobody");
}

TEST_CASE("the first entry that fits counts") {
    const sip::CertificateNames both{.uris = {"sip:a@example.com"}, .hosts = {"a.example.com"}};
    CHECK(meaning(both, {"*@example.com", "sip:a@example.com=trusted"}) == "sip:a@example.com");
    CHECK(meaning(both, {"sip:a@example.com=trusted", "*@example.com"}) == "trusted");
}

TEST_CASE("entries that say nothing are refused") {
    for (const char* text : {"", "=", "a.test", "a.test=", "=trusted", "a b=trusted", "*@=trusted",
                             "*@a.test=sip:x@a.test", "a.test=sip:b.test", "*=trusted"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_certificate_entry(text));
    }
}

}  // namespace herald::server::certified_test
