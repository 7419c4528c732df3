// tests/unit/store/postgres/renumber_test.cpp: an older database is given the numbers of today,
// wholly or not at all. Needs scripts/postgres.
#include <atomic>
#include <cstdint>
#include <string>

#include "base/log.h"
#include "base/text.h"
#include "store/migrations.h"
#include "tests/support/cutting_proxy.h"
#include "tests/unit/store/old_store.h"

namespace herald::store::postgres::renumber_test {
namespace {

using namespace testing;
using herald::testing::CuttingProxy;

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

/// A way to the server on which the session of a start is ended by the server.
class Killer {
public:
    Killer() : proxy_(port()) {}

    /// Starts a store whose session is gone before its `nth` statement, counted from 2: what comes
    /// first opens it. False: it had fewer.
    bool start(const PostgresSchema& schema, int nth) {
        const std::string name = "killed_" + base::random_token(10);
        std::atomic<bool> is_killed{false};
        proxy_.before_request(nth, [&] {
            const auto session = postgres_session(postgres_url())
                                     .number(
                                         "SELECT count(pg_terminate_backend(pid, 5000)) FROM"
                                         " pg_stat_activity WHERE application_name = '" +
                                         name + "'");
            is_killed = session && *session == 1;
        });
        base::Metrics metrics;
        base::ManualClock clock;
        const auto url = schema.url_at(through()) + "&sslmode=disable&gssencmode=disable" +
                         "&application_name=" + name;
        const auto opened = open(url, {.is_inline = true}, metrics, clock);
        proxy_.before_request(0, {});
        return is_killed && !opened;
    }

private:
    static std::uint16_t port() {
        const auto url = postgres_url();
        const auto colon = url.rfind(':');
        return static_cast<std::uint16_t>(
            *base::to_u64(url.substr(colon + 1, url.rfind('/') - colon - 1)));
    }
    std::string through() const {
        auto url = postgres_url();
        const auto colon = url.rfind(':');
        return url.replace(colon + 1, url.rfind('/') - colon - 1, std::to_string(proxy_.port()));
    }

    CuttingProxy proxy_;
};

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
