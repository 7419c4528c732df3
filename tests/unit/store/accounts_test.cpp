// tests/unit/store/accounts_test.cpp: many accounts in one change: all of them, or none.
#include "tests/unit/store/support.h"

namespace herald::store::accounts_test {
namespace {

using namespace testing;

Account account(std::size_t number) {
    Account row;
    row.aor = "sip:" + std::to_string(number) + "@example.com";
    row.username = std::to_string(number);
    row.realm = "example.com";
    row.ha1[1] = std::string(64, 'a');
    return row;
}

ChangeAccounts accounts(std::size_t count) {
    ChangeAccounts change;
    for (std::size_t i = 0; i < count; ++i) {
        change.accounts.emplace_back(PutAccount{account(i)});
        change.kept.push_back(publication(1 + i));
        change.kept.back().expires_at = {};
    }
    return change;
}

TEST_CASE("accounts and what is kept beside them are committed in one change") {
    const EmptyStore empty;
    Bench bench(empty.url());
    // As many as one request may bring.
    REQUIRE(bench.commit(accounts(10'000)) == Outcome::committed);
    const auto rows = bench.recover();
    CHECK(rows.accounts.size() == 10'000);
    CHECK(rows.publications.size() == 10'000);

    ChangeAccounts removal{{RemoveAccount{account(7).aor}, PutAccount{account(10'000)}}, {}, {8}};
    CHECK(bench.commit(removal) == Outcome::committed);
    // What is gone already is as good: the same once more is no refusal.
    CHECK(bench.commit(removal) == Outcome::committed);
    const auto left = bench.recover();
    CHECK(left.accounts.size() == 10'000);
    CHECK(left.publications.size() == 9'999);
    CHECK(left.publications.count(8) == 0);
}

TEST_CASE("one account that cannot be kept refuses all, and nobody beside them") {
    const EmptyStore empty;
    Bench bench(empty.url());
    auto change = accounts(3);
    std::get<PutAccount>(change.accounts[2]).row.resources = {"two\nlines"};

    CHECK(bench.commit_all({change, PutAlias{{"sip:a@example.com", "sip:b@example.com"}}}) ==
          std::vector{Outcome::refused, Outcome::committed});
    const auto rows = bench.recover();
    CHECK(rows.accounts.empty());
    CHECK(rows.publications.empty());
    CHECK(rows.aliases.size() == 1);
}

}  // namespace
}  // namespace herald::store::accounts_test
