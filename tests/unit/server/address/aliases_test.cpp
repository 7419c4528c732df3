// tests/unit/server/address/aliases_test.cpp: addresses that stand for another one: what they lead
// to, what may not be one, and pages of them.
#include "server/address/aliases.h"

#include <doctest/doctest.h>

namespace herald::server::aliases_test {
namespace {

const store::Alias kDesk{"sip:101@x", "sip:alice@x"};

std::vector<std::string> names(const std::vector<store::Alias>& rows) {
    std::vector<std::string> out;
    for (const auto& row : rows) out.push_back(row.aor);
    return out;
}

}  // namespace

TEST_CASE("an alias leads to its resource, everything else to itself") {
    Aliases aliases;
    CHECK_FALSE(aliases.is_used());
    CHECK(aliases.resolve("sip:101@x") == "sip:101@x");
    aliases.put(kDesk);
    CHECK(aliases.is_used());
    CHECK(aliases.resolve("sip:101@x") == "sip:alice@x");
    CHECK(aliases.resolve("sip:alice@x") == "sip:alice@x");
    CHECK(aliases.knows("sip:101@x"));
    CHECK(aliases.knows("sip:alice@x"));
    CHECK_FALSE(aliases.knows("sip:bob@x"));
    CHECK(aliases.find("sip:101@x") == "sip:101@x");
    CHECK(aliases.find("sip:alice@x").empty());

    aliases.put({"sip:101@x", "sip:bob@x"});
    CHECK(aliases.size() == 1);
    CHECK(aliases.resolve("sip:101@x") == "sip:bob@x");
    CHECK_FALSE(aliases.knows("sip:alice@x"));

    aliases.remove("sip:101@x");
    aliases.remove("sip:101@x");
    CHECK(aliases.size() == 0);
    CHECK(aliases.resolve("sip:101@x") == "sip:101@x");
    CHECK_FALSE(aliases.knows("sip:bob@x"));
    CHECK(aliases.is_used());
}

TEST_CASE("there are no loops, no chains, and no more than allowed") {
    Aliases aliases;
    const auto fault = [&](const store::Alias& alias) {
        const auto checked = aliases.check(alias, 2);
        REQUIRE_FALSE(checked);
        return checked.fault();
    };
    CHECK(fault({"sip:a@x", "sip:a@x"}).kind == FaultKind::malformed);
    CHECK(aliases.check(kDesk, 2).has_value());
    aliases.put(kDesk);

    const auto loop = fault({"sip:alice@x", "sip:101@x"});
    CHECK(loop.kind == FaultKind::conflict);
    CHECK(loop.detail == "sip:101@x is an alias itself, of sip:alice@x; name that one");
    const auto behind = fault({"sip:102@x", "sip:101@x"});
    CHECK(behind.kind == FaultKind::conflict);
    const auto before = fault({"sip:alice@x", "sip:bob@x"});
    CHECK(before.kind == FaultKind::conflict);
    CHECK(before.detail ==
          "sip:101@x is an alias of sip:alice@x; an alias of an alias is not possible");

    aliases.put({"sip:102@x", "sip:alice@x"});
    CHECK(fault({"sip:103@x", "sip:alice@x"}).kind == FaultKind::limit_reached);
    CHECK(aliases.check({"sip:102@x", "sip:bob@x"}, 2).has_value());
    aliases.remove("sip:101@x");
    CHECK(aliases.check({"sip:103@x", "sip:alice@x"}, 2).has_value());
    CHECK_FALSE(aliases.check({"sip:alice@x", "sip:bob@x"}, 2));
    aliases.remove("sip:102@x");
    CHECK(aliases.check({"sip:alice@x", "sip:bob@x"}, 2).has_value());
}

TEST_CASE("aliases are listed in order, page by page, all or of one resource") {
    Aliases aliases;
    for (const auto* user : {"3", "1", "5", "2", "4"})
        aliases.put({std::string("sip:") + user + "@x", *user < '4' ? "sip:a@x" : "sip:b@x"});
    using Names = std::vector<std::string>;
    std::size_t total = 0;
    CHECK(names(aliases.page({}, {}, 2, total)) == Names{"sip:1@x", "sip:2@x"});
    CHECK(total == 5);
    CHECK(names(aliases.page({}, "sip:2@x", 9, total)) == Names{"sip:3@x", "sip:4@x", "sip:5@x"});
    CHECK(total == 5);
    CHECK(names(aliases.page("sip:a@x", "sip:1@x", 9, total)) == Names{"sip:2@x", "sip:3@x"});
    CHECK(total == 3);
    CHECK(aliases.page("sip:c@x", {}, 9, total).empty());
    CHECK(total == 0);
}

}  // namespace herald::server::aliases_test
