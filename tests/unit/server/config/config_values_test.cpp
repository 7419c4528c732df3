// tests/unit/server/config/config_values_test.cpp: values of the configuration that are more than a
// word.
#include "server/config/config_values.h"

#include <doctest/doctest.h>

namespace herald::server::config_values_test {
namespace {

sip::Endpoint endpoint(std::string_view host, std::uint16_t port = 0) {
    return *sip::Endpoint::from(host, port);
}

}  // namespace

TEST_CASE("address ranges") {
    const auto range = [](std::string_view text) { return parse_address_range(text).value(); };

    CHECK(range("192.0.2.0/24").contains(endpoint("192.0.2.255", 5060)));
    CHECK_FALSE(range("192.0.2.0/24").contains(endpoint("192.0.3.0")));
    CHECK(range("192.0.2.128/25").contains(endpoint("192.0.2.129")));
    CHECK_FALSE(range("192.0.2.128/25").contains(endpoint("192.0.2.127")));
    CHECK(range("192.0.2.7").contains(endpoint("192.0.2.7", 1234)));
    CHECK_FALSE(range("192.0.2.7").contains(endpoint("192.0.2.6")));
    CHECK(range("0.0.0.0/0").contains(endpoint("203.0.113.9")));
    CHECK_FALSE(range("0.0.0.0/0").contains(endpoint("::1")));
    CHECK(range("2001:db8::/33").contains(endpoint("2001:db8:7fff::1")));
    CHECK_FALSE(range("2001:db8::/33").contains(endpoint("2001:db8:8000::1")));
    CHECK_FALSE(range("::/0").contains(sip::Endpoint()));
    for (const auto* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/33", "::/129",
                            "10.0.0/8", "10.0.0.0/8/8"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_address_range(bad).has_value());
    }
}

TEST_CASE("edit distance counts insertions, deletions, replacements and swaps") {
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "abc") == 0);
    CHECK(edit_distance("abc", "acb") == 1);
    CHECK(edit_distance("abc", "axc") == 1);
    CHECK(edit_distance("abcd", "abd") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

}  // namespace herald::server::config_values_test
