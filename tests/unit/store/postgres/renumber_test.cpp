// tests/unit/store/postgres/renumber_test.cpp: an older database is given the numbers of today,
// wholly or not at all. Needs scripts/postgres.
#include <cstdint>
#include <string>

#include "base/log.h"
#include "tests/unit/store/old_store.h"

namespace herald::store {
namespace {

using namespace testing;

const bool kNoServer = !has_postgres();

TEST_CASE("an older database is numbered anew at its first start, once" *
          doctest::skip(kNoServer)) {
    PostgresSchema schema;
    {
        Bench bench(schema.url());
        fill_old(bench);
        REQUIRE(bench.close());
    }
    schema.execute(std::string(kMakeOld));

    Bench bench(schema.url());

    check_numbered(bench);
    check_usable(bench);
    const auto next = bench.store().home().next_id;
    REQUIRE(bench.close());
    bench.open(schema.url(), {.is_inline = true});
    CHECK(bench.store().home().next_id == next + kCounterBlock);
}

TEST_CASE("where a row cannot be numbered nothing is, and the next start begins anew" *
          doctest::skip(kNoServer)) {
    base::log_level(base::LogLevel::off);
    for (const char* table : {"publications", "subscriptions", "messages", "publication_marks",
                              "subscription_marks", "confirmations", "facts", "lanes"}) {
        CAPTURE(table);
        PostgresSchema schema;
        {
            Bench bench(schema.url());
            fill_old(bench);
            REQUIRE(bench.close());
        }
        schema.execute(std::string(kMakeOld));
        schema.execute(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'cut off'; END $$;"
            " CREATE TRIGGER cut BEFORE UPDATE OR DELETE ON " +
            std::string(table) + " FOR EACH ROW EXECUTE FUNCTION cut()");
        base::Metrics metrics;
        base::ManualClock clock;

        CHECK_FALSE(open(schema.url(), {.is_inline = true}, metrics, clock).has_value());
        CHECK(schema.number("SELECT count(*) FROM publications WHERE id IN (1, 2, 3)") == 3);
        schema.execute("DROP TRIGGER cut ON " + std::string(table));

        Bench bench(schema.url());
        check_numbered(bench);
        check_usable(bench);
    }
    base::log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace herald::store
