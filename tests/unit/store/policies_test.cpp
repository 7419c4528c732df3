// tests/unit/store/policies_test.cpp: who may see what, and who changed that, as the store keeps
// it.
#include "tests/unit/store/support.h"

namespace herald::store::policies_test {
namespace {

using namespace testing;

TEST_CASE("policies are kept with what is in them, and go with the last of it") {
    const EmptyStore empty;
    Bench bench(empty.url());
    const Policy alice{"sip:alice@example.com", 7, "allow sip:bob@example.com", ""};
    const Policy domain{"example.com", 8, "", "<ruleset/>"};
    CHECK(bench.commit(ChangePolicies{{alice, domain}, {}, 0}) == Outcome::committed);

    auto rows = bench.recover().policies;
    REQUIRE(rows.size() == 2);
    const auto& first = rows[rows[0].scope == alice.scope ? 0 : 1];
    CHECK(first.revision == 7);
    CHECK(first.lists == alice.lists);
    CHECK(rows[rows[0].scope == alice.scope ? 1 : 0].document == domain.document);

    CHECK(bench.commit(ChangePolicies{{{alice.scope, 9, "", ""}}, {}, 0}) == Outcome::committed);
    CHECK(bench.recover().policies.size() == 1);
}

TEST_CASE("the audit is kept in order, from where it is not forgotten") {
    const EmptyStore empty;
    Bench bench(empty.url());
    AuditEntry entry{1,  base::WallTime(std::chrono::seconds(5)), "root", "example.com", "x", "a",
                     "b"};
    CHECK(bench.commit(ChangePolicies{{}, {entry}, 0}) == Outcome::committed);
    entry.id = 2;
    CHECK(bench.commit(ChangePolicies{{}, {entry}, 0}) == Outcome::committed);
    REQUIRE(bench.recover().audit.size() == 2);
    CHECK(bench.recover().audit[0].id == 1);
    CHECK(bench.recover().audit[0].at == entry.at);
    CHECK(bench.recover().audit[0].before == "a");
    CHECK(bench.recover().audit[0].after == "b");

    entry.id = 3;
    CHECK(bench.commit(ChangePolicies{{}, {entry}, 2}) == Outcome::committed);
    REQUIRE(bench.recover().audit.size() == 2);
    CHECK(bench.recover().audit[0].id == 2);
}

}  // namespace
}  // namespace herald::store::policies_test
