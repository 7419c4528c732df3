// tests/unit/store/rows_test.cpp: what changes mean and which rows they name, without a database.
#include "store/meaning.h"
#include "tests/unit/store/support.h"

namespace herald::store::rows_test {
namespace {

using namespace testing;

/// Writes down what it is asked to do; refuses what it is told to.
struct Notebook {
    std::vector<std::string> asked;
    std::string refuses;

    Applied note(const std::string& what) {
        asked.push_back(what);
        return what == refuses ? Outcome::refused : Outcome::committed;
    }
    Applied note(const char* what, std::uint64_t id) {
        return note(std::string(what) + ' ' + std::to_string(id));
    }
};

struct Publications {
    Notebook& book;

    Applied put(const Publication& row) { return book.note("put", row.id); }
    Applied replace(const Publication& row, const std::string& tag) {
        return book.note("replace " + std::to_string(row.id) + ' ' + tag);
    }
    Applied refresh(const RefreshPublication& one) { return book.note("refresh", one.id); }
    Applied erase(const RemovePublication& one) { return book.note("erase", one.id); }
    Applied bury(const RemovePublication& one) { return book.note("bury", one.id); }
    Applied forget(std::uint64_t id) { return book.note("forget", id); }
};

struct Subscriptions {
    Notebook& book;

    Applied put(const Subscription& row) { return book.note("put", row.id); }
    Applied replace(const Subscription& row) { return book.note("replace", row.id); }
    Applied touch(const TouchSubscription& one) { return book.note("touch", one.id); }
    Applied bury(const RemoveSubscription& one) { return book.note("bury", one.id); }
    Applied erase(std::uint64_t id) { return book.note("erase", id); }
};

struct Messages {
    Notebook& book;

    Applied put(const Message& row) { return book.note("put", row.id); }
    Applied finish(const RemoveMessage& one) { return book.note("finish", one.id); }
    Applied erase(std::uint64_t id) { return book.note("erase", id); }
};

struct Audit {
    Notebook& book;

    Applied put(const AuditEntry& row) { return book.note("audit", row.id); }
    Applied forget(std::uint64_t before) { return book.note("forget before", before); }
};

/// All that are written whole.
struct Others {
    Notebook& book;

    Applied put(const ConfirmationRow& row) { return book.note("put " + row.row.aor); }
    Applied put(const AccountRow& row) { return book.note("put " + row.account.aor); }
    Applied put(const Alias& row) { return book.note("put " + row.aor); }
    Applied put(const Policy& row) { return book.note("put " + row.scope); }
    Applied put(const Token& row) { return book.note("put " + row.name); }
    Applied put(const CellState& row) {
        return book.note("put", static_cast<std::uint64_t>(row.cell));
    }
    Applied erase(std::uint64_t) { return book.note("erase"); }
    Applied erase(const std::string& key) { return book.note("erase " + key); }
};

struct NotedRows {
    Notebook book;
    Publications publications{book};
    Subscriptions subscriptions{book};
    Messages messages{book};
    Audit audit{book};
    Others confirmations{book}, accounts{book}, aliases{book}, policies{book}, tokens{book},
        cells{book};

    template <class Work>
    Applied together(Work work) {
        const Applied applied = book.note("together");
        return applied == Outcome::committed ? work() : applied;
    }
};

using Asked = std::vector<std::string>;
const Home kHome;
constexpr base::WallTime kLater{std::chrono::seconds(100)};

struct Made {
    Applied outcome;
    Asked asked;
};
Made make(const Change& change, std::string refuses = {}) {
    NotedRows rows{.book = {.asked = {}, .refuses = std::move(refuses)}};
    const Applied outcome = Meaning<NotedRows>(rows, kHome).apply(change);
    return {outcome, rows.book.asked};
}

TEST_CASE("RFC 3903 4: a publication is put, or replaces the one with the tag it names") {
    CHECK(make(PutPublication{.row = publication(1), .expected_tag = {}}).asked == Asked{"put 1"});
    CHECK(make(PutPublication{.row = publication(1), .expected_tag = "t"}).asked ==
          Asked{"replace 1 t"});
}

TEST_CASE("what is to be recognised again is buried, the rest erased") {
    CHECK(make(RemovePublication{.id = 1}).asked == Asked{"erase 1"});
    CHECK(make(RemovePublication{.id = 1, .keep_until = kLater}).asked == Asked{"bury 1"});
    CHECK(make(RemoveSubscription{.id = 1}).asked == Asked{"erase 1"});
    CHECK(make(RemoveSubscription{.id = 1, .keep_until = kLater}).asked == Asked{"bury 1"});
    CHECK(make(RemoveMessage{.id = 1}).asked == Asked{"erase 1"});
    CHECK(make(RemoveMessage{.id = 1, .keep_until = kLater}).asked == Asked{"finish 1"});
}

TEST_CASE("RFC 3261 10.3: several publications are changed together, one alone is not") {
    const PutPublication put{.row = publication(1), .expected_tag = {}};
    const RemovePublication removal{.id = 2};

    CHECK(make(ChangePublications{{put}}).asked == Asked{"put 1"});
    CHECK(make(ChangePublications{}).outcome == Outcome::committed);
    CHECK(make(ChangePublications{{put, removal}}).asked == Asked{"together", "put 1", "erase 2"});
    CHECK(make(ChangePublications{{removal, put}}, "erase 2").outcome == Outcome::refused);
}

TEST_CASE("a subscription takes the place of others, but not of itself") {
    CHECK(make(PutSubscription{.row = subscription(3), .replaces = {1, 3, 2}}).asked ==
          Asked{"put 3", "erase 1", "erase 2"});
}

TEST_CASE("a confirmation through nothing is none") {
    const Confirmation row{.package = "presence", .aor = "sip:a", .fingerprint = 1, .through = 0};
    CHECK(make(PutConfirmation{row}).asked == Asked{"erase"});
    auto told = row;
    told.through = 1;
    CHECK(make(PutConfirmation{told}).asked == Asked{"put sip:a"});
}

TEST_CASE("policies that say nothing are erased, and what was changed is noted with them") {
    const Policy says{.scope = "sip:alice@example.com", .lists = "allow *"};
    const Policy empty{.scope = "example.com"};

    CHECK(make(ChangePolicies{{says, empty}, {{.id = 7}}, 3}).asked ==
          Asked{"together", "put sip:alice@example.com", "erase example.com", "audit 7",
                "forget before 3"});
    CHECK(make(ChangePolicies{{says}, {}, 0}).asked ==
          Asked{"together", "put sip:alice@example.com"});
}

TEST_CASE("an account whose lists cannot be written is refused before any row is touched") {
    const auto made = make(PutAccount{{.aor = "sip:a", .resources = {"x\ny"}}});
    CHECK(made.outcome == Outcome::refused);
    CHECK(made.asked.empty());
}

ChangeAccounts three_accounts() {
    return {{PutAccount{{.aor = "sip:a"}}, RemoveAccount{"sip:b"}, PutAccount{{.aor = "sip:c"}}},
            {publication(1)},
            {2}};
}

TEST_CASE("accounts change with what is kept beside them, all of it or none") {
    const Asked all{"together", "put sip:a", "erase sip:b", "put sip:c", "put 1", "forget 2"};
    CHECK(make(three_accounts()).asked == all);
    CHECK(make(three_accounts()).outcome == Outcome::committed);
    // Whichever operation is refused: nothing is made after it, and so is the whole.
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto made = make(three_accounts(), all[i]);
        CHECK(made.outcome == Outcome::refused);
        CHECK(made.asked == Asked(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i) + 1));
    }
    auto unwritable = three_accounts();
    std::get<PutAccount>(unwritable.accounts[2]).row.resources = {"x\ny"};
    CHECK(make(unwritable).outcome == Outcome::refused);
    CHECK(make(unwritable).asked.empty());
}

std::size_t run_length(const std::vector<Change>& changes) {
    std::vector<const Change*> batch;
    for (const Change& change : changes) batch.push_back(&change);
    return without_repetition(batch).size();
}

TEST_CASE("a batch is cut before it names a row twice") {
    const PutPublication put{.row = publication(1), .expected_tag = {}};

    CHECK(run_length({}) == 0);
    CHECK(run_length({put}) == 1);
    CHECK(run_length({put, RefreshPublication{.id = 2}, RemovePublication{.id = 1}}) == 2);
    CHECK(run_length({put, PutSubscription{.row = subscription(1), .replaces = {}}}) == 2);
    CHECK(run_length({TouchSubscription{.id = 5},
                      PutSubscription{.row = subscription(6), .replaces = {5}}}) == 1);
    CHECK(run_length({PutConfirmation{{.package = "a", .aor = "b", .through = 1}},
                      PutConfirmation{{.package = "a", .aor = "c", .through = 1}},
                      PutConfirmation{{.package = "a", .aor = "b"}}}) == 2);
    CHECK(run_length({PutAlias{{"a", "b"}}, RemoveAccount{"a"}, RemoveAlias{"a"}}) == 2);
    CHECK(run_length({ChangePublications{{put, RemovePublication{.id = 2}}},
                      RemovePublication{.id = 2}}) == 1);
    CHECK(run_length({three_accounts(), RemoveAccount{"sip:b"}}) == 1);
    CHECK(run_length({three_accounts(), RemovePublication{.id = 2}}) == 1);
    CHECK(run_length({three_accounts(), RemoveAccount{"sip:d"}}) == 2);
}

TEST_CASE("a change that names a row twice goes alone, and is known") {
    const PutPublication put{.row = publication(1), .expected_tag = {}};
    const ChangePublications twice{{put, RemovePublication{.id = 1}}};

    CHECK(run_length({twice, put}) == 1);
    CHECK(names_row_twice(twice));
    CHECK_FALSE(names_row_twice(ChangePublications{{put, RemovePublication{.id = 2}}}));
    CHECK_FALSE(names_row_twice(three_accounts()));
    CHECK(names_row_twice(ChangeAccounts{{PutAccount{{.aor = "a"}}, RemoveAccount{"a"}}, {}, {}}));
    CHECK(names_row_twice(ChangeAccounts{{}, {publication(1)}, {1}}));
    CHECK(names_row_twice(ChangePolicies{{{.scope = "a"}, {.scope = "a"}}, {}, 0}));
}

TEST_CASE("the highest number a change gives away") {
    CHECK(highest_number(PutPublication{.row = publication(7), .expected_tag = {}}) == 7);
    CHECK(highest_number(ChangePublications{{PutPublication{publication(3), {}},
                                             PutPublication{publication(9), {}},
                                             RemovePublication{.id = 20}}}) == 9);
    CHECK(highest_number(ChangeAccounts{{}, {publication(5), publication(4)}, {20}}) == 5);
    CHECK(highest_number(RemovePublication{.id = 20}) == 0);
}

}  // namespace
}  // namespace herald::store::rows_test
