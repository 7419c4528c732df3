// tests/unit/server/access/accounts_test.cpp: accounts by AOR and by the names phones use in
// credentials.
#include "server/access/accounts.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::accounts_test {
namespace {

AccountPtr shared(store::Account account) {
    return std::make_shared<const store::Account>(std::move(account));
}

}  // namespace

TEST_CASE("an account is found by its AOR") {
    Accounts accounts;
    accounts.put(shared(testing::account("sip:alice@example.com")));
    REQUIRE(accounts.find("sip:alice@example.com"));
    CHECK(accounts.find("sip:alice@example.com")->username == "alice");
    CHECK_FALSE(accounts.find("sip:bob@example.com"));
    CHECK(accounts.size() == 1);
}

TEST_CASE("RFC 3261 22: a phone may give its name plain, as user@host or as AOR, in its realm") {
    Accounts accounts;
    const auto alice = shared(testing::account("sip:alice@example.com"));
    accounts.put(alice);
    CHECK(accounts.by_username("alice", "example.com") == alice);
    CHECK(accounts.by_username("alice@example.com", "example.com") == alice);
    CHECK(accounts.by_username("sip:alice@example.com", "example.com") == alice);
    CHECK_FALSE(accounts.by_username("alice", "example.org"));
    CHECK_FALSE(accounts.by_username("alice@example.com", "example.org"));
    CHECK_FALSE(accounts.by_username("", "example.com"));
}

TEST_CASE("an account that could be meant by another's login has a namesake") {
    Accounts accounts;
    accounts.put(shared(testing::account("sip:alice@example.com")));
    auto other = testing::account("sip:alice@example.org");
    CHECK(accounts.namesake_of(other) == "sip:alice@example.com");
    other.realm = "example.org";
    CHECK(accounts.namesake_of(other).empty());
    other.realm = "example.com";
    other.username = "alice2";
    CHECK(accounts.namesake_of(other).empty());
    other.username = "alice@example.com";
    CHECK(accounts.namesake_of(other) == "sip:alice@example.com");
    CHECK(accounts.namesake_of(testing::account("sip:alice@example.com")).empty());
}

TEST_CASE("RFC 7616 3.4.4: a hashed name is found by the algorithms that are offered") {
    using sip::DigestAlgorithm;
    Accounts accounts({DigestAlgorithm::sha256});
    auto alice = testing::account("sip:alice@example.com");
    accounts.put(shared(alice));
    const auto find = [&](DigestAlgorithm algorithm, std::string_view name,
                          std::string_view realm = "example.com") {
        const auto hash = sip::digest_userhash(algorithm, name, "example.com");
        const auto account = accounts.by_userhash(hash, realm);
        return account ? account->aor : std::string();
    };
    CHECK(find(DigestAlgorithm::sha256, "alice") == "sip:alice@example.com");
    CHECK(find(DigestAlgorithm::sha256, "alice", "example.org").empty());
    CHECK(find(DigestAlgorithm::md5, "alice").empty());
    CHECK(find(DigestAlgorithm::sha256, "bob").empty());

    alice.username = "alice2";
    accounts.put(shared(alice));
    CHECK(find(DigestAlgorithm::sha256, "alice").empty());
    CHECK(find(DigestAlgorithm::sha256, "alice2") == "sip:alice@example.com");
    accounts.remove(alice.aor);
    CHECK(find(DigestAlgorithm::sha256, "alice2").empty());
}

TEST_CASE("a changed account forgets its old name") {
    Accounts accounts;
    auto alice = testing::account("sip:alice@example.com");
    accounts.put(shared(alice));
    alice.username = "alice2";
    accounts.put(shared(alice));
    CHECK_FALSE(accounts.by_username("alice", "example.com"));
    CHECK(accounts.by_username("alice2", "example.com"));
    CHECK(accounts.size() == 1);
}

TEST_CASE("a removed account is found by nothing") {
    Accounts accounts;
    accounts.put(shared(testing::account("sip:alice@example.com")));
    accounts.remove("sip:alice@example.com");
    accounts.remove("sip:nobody@example.com");
    CHECK_FALSE(accounts.find("sip:alice@example.com"));
    CHECK_FALSE(accounts.by_username("alice", "example.com"));
    CHECK(accounts.size() == 0);
}

TEST_CASE("removing one account leaves another's name alone") {
    Accounts accounts;
    auto first = testing::account("sip:alice@example.com");
    auto second = testing::account("sip:alice@example.org");
    accounts.put(shared(first));
    accounts.put(shared(second));
    accounts.remove(first.aor);
    CHECK(accounts.by_username("alice", "example.com"));
    CHECK(accounts.by_username("alice", "example.com")->aor == second.aor);
}

}  // namespace herald::server::accounts_test
