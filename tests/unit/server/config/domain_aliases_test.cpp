// tests/unit/server/config/domain_aliases_test.cpp: other names of domains that do not work.
#include <string>

#include <doctest/doctest.h>

#include "server/config/config.h"

namespace herald::server::domain_aliases_test {
namespace {

/// Why sip.domain_aliases with these elements is refused; empty: it is not.
std::string refused(const std::string& elements) {
    const auto read = parse_config("[sip]\ndomain_aliases = [" + elements + "]\n");
    return read.mistakes.empty() ? std::string() : read.mistakes.front().text;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("another name leads to a domain that is served, and is none itself") {
    CHECK(refused("\"192.0.2.1=localhost\", \"192.0.2.2=localhost\"").empty());
    CHECK(contains(refused("\"192.0.2.1\""), "expected host=domain"));
    CHECK(contains(refused("\"exa mple=localhost\""), "expected host=domain"));
    CHECK(contains(refused("\"192.0.2.1=example.com\""), "leads to no domain of sip.domains"));
    CHECK(contains(refused("\"localhost=127.0.0.1\""), "is a domain of sip.domains itself"));
    CHECK(contains(refused("\"192.0.2.1=localhost\", \"192.0.2.1=localhost\""),
                   "is the second one of that name"));
}

}  // namespace herald::server::domain_aliases_test
