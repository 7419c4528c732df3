// tests/unit/store/postgres/repack_test.cpp: an older database with a column for each value is
// packed, wholly or not at all. Needs scripts/postgres.
#include <string>

#include "base/log.h"
#include "store/postgres/schema.h"
#include "tests/unit/store/postgres/killer.h"
#include "tests/unit/store/wide_store.h"

namespace herald::store::postgres::repack_test {
namespace {

using namespace testing;

const bool kNoServer = !has_postgres();
/// A key is the number itself, in no bucket.
constexpr std::string_view kKey = "";

void make_wide(const PostgresSchema& schema, const std::string& rows) {
    auto session = postgres_session(schema.url());
    REQUIRE(migrate(session, wide_migrations(Dialect::postgres), base::WallTime(1s)));
    const auto done = session.execute(rows);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.fault().detail));
}

std::uint64_t tables_called(const PostgresSchema& schema, const std::string& like) {
    return schema.number("SELECT count(*) FROM pg_class WHERE relname LIKE '" + like +
                         "' AND relnamespace = current_schema()::regnamespace");
}

TEST_CASE("an older database is packed at its first start, and no older Herald opens it again" *
          doctest::skip(kNoServer)) {
    PostgresSchema schema;
    make_wide(schema, wide_rows(Dialect::postgres, kKey));

    CHECK(lines_of(schema.url()) == packed_lines());

    {
        Bench bench(schema.url());
        check_changeable(bench);
        REQUIRE(bench.close());
    }
    CHECK(tables_called(schema, "packed%") == 0);
    CHECK(tables_called(schema, "%_pkey1") == 0);
    CHECK(schema.number("SELECT count(*) FROM pg_class WHERE 'fillfactor=70' = ANY (reloptions)"
                        " AND relname IN ('publications', 'subscriptions')"
                        " AND relnamespace = current_schema()::regnamespace") == 2);
    CHECK(schema.number("SELECT count(*) FROM pg_class"
                        " WHERE 'autovacuum_analyze_threshold=2000000000' = ANY (reloptions)"
                        " AND relname IN ('publications', 'subscriptions', 'publication_marks',"
                        " 'subscription_marks', 'confirmations', 'lanes')"
                        " AND relnamespace = current_schema()::regnamespace") == 6);
    CHECK(tables_called(schema, "%_marks_end") == 2);
    auto session = postgres_session(schema.url());
    CHECK_FALSE(migrate(session, wide_migrations(Dialect::postgres), base::WallTime(2s)));
}

TEST_CASE("a database that was not numbered either is both packed and numbered" *
          doctest::skip(kNoServer)) {
    PostgresSchema schema;
    make_wide(schema, wide_rows(Dialect::postgres, kKey) + unnumbered(Dialect::postgres));

    Bench bench(schema.url());

    check_numbered_too(bench);
}

TEST_CASE("rows are moved part by part, those with text that is no UTF-8 among them" *
          doctest::skip(kNoServer)) {
    PostgresSchema schema;
    make_wide(schema,
              "INSERT INTO publications SELECT n, 'presence', 'sip:' || n || E'\\x1aff', 'tag',"
              " 's' || n || E'\\x1aff', '', 2, 0, 0, 0, 'c', 1, 2, 't', '\\x01'"
              " FROM generate_series(1, 25000) AS n");

    Bench bench(schema.url());

    const auto rows = bench.recover().publications;
    CHECK(rows.size() == 25'000);
    CHECK(rows.at(25'000).aor == "sip:25000\xFF");
    CHECK(rows.at(25'000).source == "s25000\xFF");
}

TEST_CASE("a session that is ended at any statement of packing leaves all or nothing" *
          doctest::skip(kNoServer)) {
    base::log_level(base::LogLevel::off);
    PostgresSchema schema;
    make_wide(schema, wide_rows(Dialect::postgres, kKey));
    Killer killer;
    int in_vain = 0;
    for (int nth = 2; tables_called(schema, "subscriptions") == 1; ++nth) {
        CAPTURE(nth);
        REQUIRE(nth < 200);
        REQUIRE(killer.start(schema, nth));
        if (schema.number("SELECT max(number) FROM migrations") > 10 &&
            tables_called(schema, "packed%") == 0)
            break;
        ++in_vain;
        CHECK(schema.number("SELECT count(*) FROM subscriptions") == 2);
        CHECK(schema.number("SELECT count(local_tag) FROM subscription_marks") == 1);
    }
    // Four tables are read, written and replaced.
    CHECK(in_vain > 12);

    CHECK(lines_of(schema.url()) == packed_lines());
    base::log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace herald::store::postgres::repack_test
