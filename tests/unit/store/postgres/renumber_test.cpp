// tests/unit/store/postgres/renumber_test.cpp: an older database is given the numbers of today,
// wholly or not at all. Needs scripts/postgres.
#include <cstdint>
#include <string>

#include "base/log.h"
#include "store/migrations.h"
#include "tests/unit/store/old_store.h"
#include "tests/unit/store/postgres/killer.h"

namespace herald::store::postgres::renumber_test {
namespace {

using namespace testing;

const bool kNoServer = !has_postgres();
/// Of the migrations.
const std::uint64_t kNewest = number_of(migrations_for(Dialect::postgres).back());

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

TEST_CASE("a session that is ended at any statement of that leaves all or nothing" *
          doctest::skip(kNoServer)) {
    base::log_level(base::LogLevel::off);
    PostgresSchema schema;
    {
        Bench bench(schema.url());
        fill_old(bench);
        REQUIRE(bench.close());
    }
    schema.execute(std::string(kMakeOld));
    Killer killer;
    int in_vain = 0;
    for (int nth = 2;; ++nth) {
        CAPTURE(nth);
        REQUIRE(nth < 200);
        REQUIRE(killer.start(schema, nth));
        if (schema.number("SELECT numbering FROM facts") == 1) break;
        ++in_vain;
        CHECK(schema.number("SELECT count(*) FROM publications WHERE id IN (1, 2, 3)") == 3);
        CHECK(schema.number("SELECT count(*) FROM messages WHERE id IN (21, 22)") == 2);
        CHECK(schema.number("SELECT count(*) FROM confirmations WHERE id IN"
                            " (-5000000000000000000, 7000000000000000000)") == 2);
    }
    // Six tables are read and changed.
    CHECK(in_vain > 12);

    Bench bench(schema.url());
    check_numbered(bench);
    check_usable(bench);
    base::log_level(base::LogLevel::info);
}

TEST_CASE("a session that is ended at any statement of the migrations leaves all or nothing" *
          doctest::skip(kNoServer)) {
    base::log_level(base::LogLevel::off);
    PostgresSchema schema;
    Killer killer;
    int in_vain = 0;
    const auto tables = [&schema] {
        return schema.number(
            "SELECT count(*) FROM pg_class WHERE relnamespace ="
            " current_schema()::regnamespace");
    };
    for (int nth = 2;; ++nth) {
        CAPTURE(nth);
        REQUIRE(nth < 200);
        REQUIRE(killer.start(schema, nth));
        if (tables() > 0) break;
        ++in_vain;
    }
    CHECK(schema.number("SELECT max(number) FROM migrations") == kNewest);
    // Each is applied and noted.
    CHECK(in_vain > 20);

    Bench bench(schema.url());
    CHECK(bench.commit(PutAlias{{"a", "b"}}) == Outcome::committed);
    base::log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace herald::store::postgres::renumber_test
