// tests/unit/store/cells_test.cpp: the rows of one cell are read alone, and cells have epochs.
#include "store/row_number.h"
#include "tests/unit/store/support.h"

namespace herald::store::cells_test {
namespace {

using namespace testing;

constexpr auto kLater = base::WallTime(1'900'000'000s);
constexpr Cell kCell{5};
constexpr std::uint32_t kFirst = 5 * kBucketsOfCell, kLast = kFirst + kBucketsOfCell - 1;

CellRowsPtr load(Bench& bench, Cell cell) {
    CellRowsPtr rows;
    bench.port().load(cell, [&](Result<CellRowsPtr> read) {
        REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.fault().detail));
        rows = std::move(*read);
    });
    for (int turns = 0; !rows && turns < 10'000; ++turns) bench.loop().turn(10ms);
    REQUIRE(rows);
    return rows;
}

/// Of each kind one row in the bucket, with counters from `counter` on; and marks of two more.
std::vector<Change> rows_in(std::uint32_t bucket, std::uint64_t counter) {
    const auto row = [&](std::uint64_t n) { return row_number(bucket, counter + n); };
    Message message;
    message.id = row(4);
    message.recipient = "sip:carol@example.com";
    message.keep_until = kLater;
    message.body = "hello";
    return {PutPublication{publication(row(0)), {}},
            PutPublication{publication(row(1)), {}},
            RemovePublication{.id = row(1), .keep_until = kLater},
            PutSubscription{subscription(row(2)), {}},
            PutSubscription{subscription(row(3)), {}},
            RemoveSubscription{.id = row(3), .keep_until = kLater},
            PutMessage{std::move(message)}};
}

void put_rows(Bench& bench, std::uint32_t bucket, std::uint64_t counter) {
    for (const auto outcome : bench.commit_all(rows_in(bucket, counter)))
        REQUIRE(outcome == Outcome::committed);
}

TEST_CASE("the rows of one cell are read alone, marks among them, messages without bodies") {
    EmptyStore empty;
    Bench bench(empty.url());
    put_rows(bench, kFirst - 1, 100);
    put_rows(bench, kFirst, 200);
    put_rows(bench, kLast, 300);
    put_rows(bench, kLast + 1, 400);

    const auto rows = load(bench, kCell);

    REQUIRE(rows->publications.size() == 4);
    for (const auto& row : rows->publications) {
        CHECK(cell_of(bucket_of_row(row.id)) == kCell);
        const auto n = counter_of(row.id) % 100;
        CHECK(row.is_removed == (n == 1));
        if (n == 0) CHECK(row.body == publication(row.id).body);
    }
    REQUIRE(rows->subscriptions.size() == 4);
    for (const auto& row : rows->subscriptions) {
        CHECK(cell_of(bucket_of_row(row.id)) == kCell);
        const auto is_mark = row.state == Subscription::State::terminated;
        CHECK(is_mark == (counter_of(row.id) % 100 == 3));
        CHECK(row.call_id == subscription(row.id).call_id);
    }
    REQUIRE(rows->messages.size() == 2);
    CHECK(rows->messages[0].id == row_number(kFirst, 204));
    CHECK(rows->messages[1].id == row_number(kLast, 304));
    CHECK(rows->messages[0].body.empty());
}

TEST_CASE("all cells together are what a start reads") {
    EmptyStore empty;
    Bench bench(empty.url());
    for (std::uint32_t bucket = 0; bucket < kBuckets; bucket += 93)
        put_rows(bench, bucket, 1000 + bucket * 10);
    const auto& home = bench.store().home();
    for (const char* aor : {"sip:a@example.com", "sip:b@example.com", "sip:c@example.com"}) {
        const auto bucket = bucket_of(home.bucket_key, aor);
        auto row = subscription(row_number(bucket, 9000));
        row.aor = aor;
        REQUIRE(bench.commit(PutSubscription{std::move(row), {}}) == Outcome::committed);
        REQUIRE(bench.commit(PutConfirmation{{"presence", aor, 1, 2}}) == Outcome::committed);
    }
    const auto all = bench.recover();

    std::size_t publications = 0, subscriptions = 0, messages = 0, confirmations = 0;
    for (std::uint32_t cell = 0; cell < kCells; ++cell) {
        const auto rows = load(bench, static_cast<Cell>(cell));
        publications += rows->publications.size();
        subscriptions += rows->subscriptions.size();
        messages += rows->messages.size();
        confirmations += rows->confirmations.size();
        for (const auto& row : rows->publications) CHECK(all.publications.contains(row.id));
        for (const auto& row : rows->confirmations)
            CHECK(cell_of(bucket_of(home.bucket_key, row.aor)) == static_cast<Cell>(cell));
    }

    CHECK(publications == all.publications.size());
    CHECK(subscriptions == all.subscriptions.size());
    CHECK(messages == all.messages.size());
    CHECK(confirmations == 3);
}

TEST_CASE("a cell is read after all that was handed over before, and the store goes on") {
    EmptyStore empty;
    Bench bench(empty.url());
    std::vector<Outcome> outcomes;
    const auto note = [&](Outcome outcome) { outcomes.push_back(outcome); };
    const auto row = row_number(kFirst, 7);
    bench.port().commit(PutPublication{publication(row), {}}, note);

    const auto before = load(bench, kCell);
    bench.port().commit(RemovePublication{.id = row}, note);
    const auto after = load(bench, kCell);

    CHECK(outcomes == std::vector(2, Outcome::committed));
    CHECK(before->publications.size() == 1);
    CHECK(after->publications.empty());
}

TEST_CASE("a start's epoch is above those of all cells, whichever was taken last") {
    EmptyStore empty;
    {
        Bench bench(empty.url());
        CHECK(bench.store().home().epoch == 1);
        const auto at = bench.clock().wall();
        CHECK(bench.commit(PutCell{{kCell, 7, true, at}}) == Outcome::committed);
        CHECK(
            bench.commit_all({PutCell{{kCell, 8, false, at}}, PutCell{{Cell{63}, 3, true, at}}}) ==
            std::vector(2, Outcome::committed));
        REQUIRE(bench.close());
    }
    {
        Bench bench(empty.url());
        CHECK(bench.store().home().epoch == 9);
    }
    Bench bench(empty.url());
    CHECK(bench.store().home().epoch == 10);
}

}  // namespace
}  // namespace herald::store::cells_test
