// tests/unit/store/postgres/postgres_test.cpp: what a PostgreSQL store refuses to start with, and
// how it finds rows. Needs scripts/postgres.
#include <fstream>

#include "base/log.h"
#include "store/migrations.h"
#include "store/postgres/schema.h"
#include "store/postgres/statements.h"
#include "store/postgres/tenure.h"
#include "tests/unit/store/support.h"

namespace herald::store::postgres_test {
namespace {

using namespace testing;

const bool kNoServer = !has_postgres();

/// Why a store cannot be opened.
Fault refusal(const std::string& url, StoreOptions options = {.is_inline = true}) {
    base::Metrics metrics;
    const base::ManualClock clock;
    const auto opened = open(url, options, metrics, clock);
    REQUIRE_FALSE(opened.has_value());
    return opened.fault();
}

bool says(const Fault& fault, std::string_view words) {
    const bool is_said = fault.detail.find(words) != std::string::npos;
    if (!is_said) MESSAGE("it says: ", fault.detail);
    return is_said;
}

TEST_CASE("a second process is refused and told who has the store" * doctest::skip(kNoServer)) {
    PostgresSchema schema;
    Bench bench(schema.url());

    const Fault fault = refusal(schema.url());

    CHECK(fault.kind == FaultKind::conflict);
    CHECK(says(fault, "another Herald uses this store (from 127.0.0.1"));
}

TEST_CASE("two stores in one database are two" * doctest::skip(kNoServer)) {
    PostgresSchema one, other;
    Bench first(one.url()), second(other.url());
    first.commit(PutAlias{{"sip:a@example.com", "sip:b@example.com"}});

    CHECK(second.recover().aliases.empty());
    CHECK(first.store().home().bucket_key != second.store().home().bucket_key);
}

TEST_CASE("tables of some other program are left alone" * doctest::skip(kNoServer)) {
    PostgresSchema schema;
    schema.execute("CREATE TABLE songs (name TEXT)");

    const Fault fault = refusal(schema.url());

    CHECK(fault.kind == FaultKind::invalid_configuration);
    CHECK(says(fault, "some other program"));
    CHECK(schema.number("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                        " current_schema()::regnamespace") == 1);
}

TEST_CASE("a schema from the future is refused, one that merely has more is not" *
          doctest::skip(kNoServer)) {
    PostgresSchema schema;
    { Bench bench(schema.url()); }
    schema.execute("INSERT INTO migrations VALUES (9001, '9001_more.sql', 1, 0)");
    { Bench bench(schema.url()); }
    schema.execute("INSERT INTO migrations VALUES (9002, '9002_other.sql', 9002, 0)");

    CHECK(says(refusal(schema.url()), "changed by a newer Herald"));
}

TEST_CASE("migrations are applied all or none" * doctest::skip(kNoServer)) {
    PostgresSchema schema;
    auto session = postgres_session(schema.url());
    const base::EmbeddedFile files[] = {{"0001_a.sql", "CREATE TABLE facts (bucket_key BLOB);"},
                                        {"0002_b.sql", "INSERT INTO nope VALUES (1);"}};

    const auto failed = migrate(session, files, {});

    REQUIRE_FALSE(failed.has_value());
    CHECK(says(failed.fault(), "0002_b.sql"));
    CHECK(schema.number("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                        " current_schema()::regnamespace") == 0);
    CHECK(migrate(session, std::span(files, 1), {}));
    CHECK(migrate(session, std::span(files, 1), {}));
}

TEST_CASE("a role without rights is told which it needs" * doctest::skip(kNoServer)) {
    PostgresSchema schema;
    const std::string role = "poor_" + base::random_token(5);
    schema.execute("CREATE ROLE " + role + " LOGIN");
    std::string url = schema.url();
    url.replace(url.find("herald@"), 6, role);

    const Fault fault = refusal(url);

    CHECK(fault.kind == FaultKind::invalid_configuration);
    CHECK(says(fault, "GRANT USAGE, CREATE ON SCHEMA"));
    schema.execute("DROP ROLE " + role);
}

TEST_CASE("a server that loses commits in a crash is refused, or taken knowingly" *
          doctest::skip(kNoServer)) {
    for (const std::string setting : {"fsync", "full_page_writes", "synchronous_commit"}) {
        PostgresSchema schema;
        schema.execute("ALTER SYSTEM SET " + setting + " = off");
        schema.execute("SELECT pg_reload_conf()");
        while (schema.number("SELECT (current_setting('" + setting + "') = 'off')::int") == 0) {
        }

        const Fault fault = refusal(schema.url());
        CHECK(says(fault, setting + " is off"));
        CHECK(says(fault, "unsafe=true"));
        { Bench bench(schema.url() + "&unsafe=true"); }

        schema.execute("ALTER SYSTEM RESET " + setting);
        schema.execute("SELECT pg_reload_conf()");
        while (schema.number("SELECT (current_setting('" + setting + "') = 'on')::int") == 0) {
        }
    }
}

TEST_CASE("a database of another encoding is refused with how to make one" *
          doctest::skip(kNoServer)) {
    auto session = postgres_session(postgres_url());
    REQUIRE(
        session.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
    std::string url = postgres_url();
    url.replace(url.rfind("/herald"), 7, "/latin");

    CHECK(says(refusal(url), "ENCODING 'UTF8'"));

    REQUIRE(session.execute("DROP DATABASE latin WITH (FORCE)"));
}

TEST_CASE("who does not answer, or is no such database, is named without a password" *
          doctest::skip(kNoServer)) {
    std::string url = postgres_url();
    url.replace(url.rfind("/herald"), 7, "/nowhere");
    CHECK(says(refusal(url), "nowhere"));

    const Fault fault = refusal("postgresql://herald@127.0.0.1:1/herald");
    CHECK(fault.kind == FaultKind::io);
    CHECK(says(fault, "store postgresql://herald@127.0.0.1/herald: "));
}

TEST_CASE("a fault of recovery names the table and row" * doctest::skip(kNoServer)) {
    PostgresSchema schema;
    {
        Bench bench(schema.url());
        bench.commit(PutAccount{{.aor = "sip:alice@example.com", .username = "alice"}});
        bench.commit(PutSubscription{.row = subscription(77), .replaces = {}});
    }
    schema.execute("UPDATE accounts SET role = 99");
    Recovered rows;
    {
        Bench bench(schema.url());
        const Status done = bench.store().recover(rows);
        REQUIRE_FALSE(done);
        CHECK(says(done.fault(), "accounts sip:alice@example.com: no such role"));
    }
    schema.execute("UPDATE accounts SET role = 0; UPDATE subscriptions SET state = 99");
    {
        Bench bench(schema.url());
        const Status done = bench.store().recover(rows);
        REQUIRE_FALSE(done);
        CHECK(says(done.fault(), "subscriptions row 77: no such state"));
    }
    schema.execute("UPDATE subscriptions SET state = 1, record = record || '\\x00'::bytea");
    Bench bench(schema.url());
    const Status done = bench.store().recover(rows);
    REQUIRE_FALSE(done);
    CHECK(says(done.fault(), "subscriptions row 77: its record cannot be read"));
    CHECK(bench.commit(PutAlias{{"a", "b"}}) == Outcome::committed);
}

/// A plan with a literal array in place of each parameter.
std::string plan_of(Session& session, const ArrayStatement& statement) {
    std::string values;
    for (const Element element : statement.columns) {
        values += values.empty() ? "" : ", ";
        values += element == Element::number ? "'{1,2}'::bigint[]"
                  : element == Element::text ? "'{a,b}'::text[]"
                                             : "'{a,b}'::bytea[]";
    }
    const auto plan = session.query("EXPLAIN EXECUTE " + statement.name + "(" + values + ")");
    REQUIRE_MESSAGE(plan.is_good(), statement.name, ": ", plan.reason());
    std::string text;
    for (std::size_t row = 0; row < plan.rows(); ++row) text += plan.text(row, 0) + '\n';
    return text;
}

TEST_CASE("every statement finds its rows by an index, in tables of any size" *
          doctest::skip(kNoServer)) {
    PostgresSchema schema;
    { Bench bench(schema.url()); }
    for (const bool is_full : {false, true}) {
        CAPTURE(is_full);
        if (is_full) {
            schema.execute(
                "INSERT INTO messages SELECT n,0,0,0,0,0,'',0,0,'','','','','',''::bytea"
                " FROM generate_series(1, 3000) AS n; ANALYZE messages");
        }
        auto session = postgres_session(schema.url());
        REQUIRE(configure(session));
        for (const ArrayStatement& statement : array_statements()) {
            REQUIRE(session.execute("PREPARE " + statement.name + " AS " + statement.sql));
            const std::string plan = plan_of(session, statement);
            CHECK_MESSAGE(plan.find("Seq Scan") == std::string::npos, statement.name, "\n", plan);
            CHECK_MESSAGE(plan.find("Hash") == std::string::npos, statement.name, "\n", plan);
        }
    }
}

TEST_CASE("a refresh stays on its page: no index is written" * doctest::skip(kNoServer)) {
    PostgresSchema schema;
    Bench bench(schema.url());
    for (std::uint64_t id = 1; id <= 20; ++id) {
        bench.commit(PutSubscription{.row = subscription(id), .replaces = {}});
    }
    const auto hot = [&schema](const char* column) {
        return schema.number(std::string("SELECT ") + column +
                             " FROM pg_stat_user_tables WHERE relid ="
                             " 'subscriptions'::regclass");
    };
    for (std::uint64_t id = 1; id <= 20; ++id) {
        CHECK(bench.commit(TouchSubscription{.id = id, .change = 100 + id}) == Outcome::committed);
    }
    bench.stop();  // a session that ends reports what it did
    for (int tries = 0; tries < 1000 && hot("n_tup_upd") < 20; ++tries) ::usleep(10'000);
    CHECK(hot("n_tup_upd") == 20);
    CHECK(hot("n_tup_hot_upd") == 20);
}

}  // namespace
}  // namespace herald::store::postgres_test
