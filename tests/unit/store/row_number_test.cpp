// tests/unit/store/row_number_test.cpp: rows are numbered by bucket and counter, and counters are
// taken by the block.
#include "store/row_number.h"

#include "store/rows.h"
#include "tests/unit/store/support.h"

namespace herald::store::row_number_test {
namespace {

using namespace testing;

TEST_CASE("a row's number says its bucket and its counter, and is never negative") {
    const auto row = row_number(1023, 17);

    CHECK(bucket_of_row(row) == 1023);
    CHECK(counter_of(row) == 17);
    CHECK(static_cast<std::int64_t>(row_number(1023, kCounterMask)) > 0);
    CHECK(row_number(0, 17) == 17);
    CHECK(is_older(row_number(1023, 3), row_number(0, 4)));
}

TEST_CASE("each cell is one range of numbers, and the ranges are all there is") {
    std::uint64_t next = 0;
    for (std::uint32_t cell = 0; cell < kCells; ++cell) {
        const auto rows = rows_of(static_cast<Cell>(cell));
        CHECK(rows.first == next);
        CHECK(cell_of(bucket_of_row(rows.first)) == static_cast<Cell>(cell));
        CHECK(cell_of(bucket_of_row(rows.last)) == static_cast<Cell>(cell));
        next = rows.last + 1;
    }
    CHECK(next == std::uint64_t{1} << 63);
}

TEST_CASE("a confirmation is numbered by what it is about, in the range of its cell") {
    const Home home{.bucket_key = {1, 2}, .lasting_key = {3, 4}};
    const auto id = confirmation_id(home, "presence", "sip:alice@example.com");

    CHECK(bucket_of_row(id) == bucket_of(home.bucket_key, "sip:alice@example.com"));
    CHECK(id != confirmation_id(home, "dialog", "sip:alice@example.com"));
    CHECK(id == confirmation_id(home, "presence", "sip:alice@example.com"));
}

TEST_CASE("each start begins a block of counters of its own") {
    EmptyStore empty;
    for (std::uint64_t start = 0; start < 3; ++start) {
        Bench bench(empty.url());
        CHECK(bench.store().home().next_id == std::max<std::uint64_t>(1, start * kCounterBlock));
        if (start == 1) REQUIRE(bench.close());
    }
}

TEST_CASE("a counter of another block takes that, whatever it is given to") {
    const Change changes[] = {
        PutPublication{publication(row_number(5, 3 * kCounterBlock)), {}},
        PutSubscription{[] {
                            auto row = subscription(row_number(5, 7));
                            row.change = 3 * kCounterBlock + 5;
                            return row;
                        }(),
                        {}},
        PutConfirmation{{"presence", "sip:a@example.com", 1, 3 * kCounterBlock + 1}},
        ChangePolicies{{{"example.com", 3 * kCounterBlock, "allow sip:a@example.com", ""}}, {}, 0},
    };
    for (const Change& change : changes) {
        EmptyStore empty;
        {
            Bench bench(empty.url());
            REQUIRE(bench.commit(change) == Outcome::committed);
        }
        Bench bench(empty.url());
        CHECK(bench.store().home().next_id == 4 * kCounterBlock);
    }
}

}  // namespace
}  // namespace herald::store::row_number_test
