// tests/unit/store/postgres/lost_test.cpp: connections that are lost at any moment: what was
// committed is known, nothing is made twice. Needs scripts/postgres.
#include <thread>

#include "base/log.h"
#include "base/text.h"
#include "store/postgres/statements.h"
#include "tests/support/cutting_proxy.h"
#include "tests/unit/store/support.h"

namespace herald::store::lost_test {
namespace {

using namespace testing;
using herald::testing::CuttingProxy;

const bool kNoServer = !has_postgres();
constexpr auto C = Outcome::committed;
constexpr auto R = Outcome::refused;

std::uint16_t port_of(const std::string& url) {
    const auto colon = url.rfind(':');
    return static_cast<std::uint16_t>(
        *base::to_u64(url.substr(colon + 1, url.rfind('/') - colon - 1)));
}

/// A store behind a proxy that can cut it off.
struct Rig {
    Rig() : proxy(port_of(postgres_url())), bench(schema.url_at(url())) {
        base::log_level(base::LogLevel::off);
    }
    ~Rig() { base::log_level(base::LogLevel::info); }

    std::string url() const {
        std::string through = postgres_url();
        const auto colon = through.rfind(':');
        return through.replace(colon + 1, through.rfind('/') - colon - 1,
                               std::to_string(proxy.port()));
    }
    void pass_second() {
        bench.clock().advance(1s);
        bench.loop().turn(0ms);
    }

    PostgresSchema schema;
    CuttingProxy proxy;
    Bench bench;
};

TEST_CASE("a pooler in place of the server is refused" * doctest::skip(kNoServer)) {
    Rig rig;
    rig.proxy.lie_about_process(true);
    PostgresSchema other;

    const auto opened =
        open(other.url_at(rig.url()), {.is_inline = true}, rig.bench.metrics(), rig.bench.clock());

    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.fault().kind == FaultKind::invalid_configuration);
    CHECK(opened.fault().detail.find("pooler") != std::string::npos);
    rig.proxy.lie_about_process(false);
    CHECK(rig.bench.commit(PutAlias{{"a", "b"}}) == C);
}

/// One of everything whose outcome depends on a row, of which some are refused.
struct Story {
    std::vector<Change> before, changes;
    std::vector<Outcome> outcomes;
};

Story story(int round) {
    const std::string old = "old" + std::to_string(round), next = "new" + std::to_string(round);
    const auto first = static_cast<std::uint64_t>(round) * 100;
    const auto refresh = [&](std::uint64_t id, const std::string& tag) {
        return RefreshPublication{.id = first + id, .expected_tag = tag, .entity_tag = next};
    };
    Story story;
    for (std::uint64_t id = 1; id <= 8; ++id) {
        story.before.emplace_back(
            PutPublication{.row = publication(first + id, old), .expected_tag = {}});
    }
    story.before.emplace_back(PutSubscription{.row = subscription(first + 20), .replaces = {}});
    story.before.emplace_back(PutSubscription{.row = subscription(first + 21), .replaces = {}});
    const auto later = base::WallTime(1'900'000'000s);
    auto add = [&story](Change change, Outcome outcome) {
        story.changes.push_back(std::move(change));
        story.outcomes.push_back(outcome);
    };
    add(refresh(1, old), C);
    add(refresh(2, "other"), R);
    add(PutPublication{.row = publication(first + 3, next), .expected_tag = old}, C);
    add(PutPublication{.row = publication(first + 4, next), .expected_tag = "other"}, R);
    add(RemovePublication{.id = first + 5, .expected_tag = old, .keep_until = later}, C);
    add(ChangePublications{{refresh(6, old), RemovePublication{.id = first + 7}}}, C);
    add(ChangePublications{{refresh(8, "other"), PutPublication{publication(first + 9, next), {}}}},
        R);
    add(TouchSubscription{.id = first + 20, .change = 99}, C);
    add(TouchSubscription{.id = first + 22, .change = 99}, R);
    add(PutSubscription{.row = subscription(first + 23), .replaces = {first + 21}}, C);
    Account account;
    account.aor = "sip:" + next + "@example.com";
    add(ChangeAccounts{{PutAccount{account}, RemoveAccount{"sip:" + old + "@example.com"}},
                       {publication(first + 10, next)},
                       {first + 11}},
        C);
    add(ChangeAccounts{{PutAccount{{.aor = "sip:nobody@example.com"}},
                        PutAccount{{.aor = "sip:x@example.com", .resources = {"two\nlines"}}}},
                       {publication(first + 12, next)},
                       {}},
        R);
    add(PutMessage{[&] {
            Message row;
            row.id = first + 30;
            row.mark.call_id = next;
            return row;
        }()},
        C);
    return story;
}

void check_rows(const Recovered& rows, int round) {
    const std::string old = "old" + std::to_string(round), next = "new" + std::to_string(round);
    const auto first = static_cast<std::uint64_t>(round) * 100;
    CHECK(rows.publications.at(first + 1).entity_tag == next);
    CHECK(rows.publications.at(first + 2).entity_tag == old);
    CHECK(rows.publications.at(first + 3).entity_tag == next);
    CHECK(rows.publications.at(first + 4).entity_tag == old);
    CHECK(rows.publications.at(first + 5).is_removed);
    CHECK(rows.publications.at(first + 6).entity_tag == next);
    CHECK(rows.publications.count(first + 7) == 0);
    CHECK(rows.publications.at(first + 8).entity_tag == old);
    CHECK(rows.publications.count(first + 9) == 0);
    CHECK(rows.publications.count(first + 10) == 1);
    CHECK(rows.publications.count(first + 12) == 0);
    CHECK(rows.accounts.size() == static_cast<std::size_t>(round));
    CHECK(rows.subscriptions.at(first + 20).change == 99);
    CHECK(rows.subscriptions.count(first + 21) == 0);
    CHECK(rows.subscriptions.count(first + 22) == 0);
    CHECK(rows.subscriptions.count(first + 23) == 1);
}

TEST_CASE("a request cut at any byte is made once, and its outcomes are exact" *
          doctest::skip(kNoServer)) {
    Rig rig;
    int round = 0;
    for (const std::int64_t bytes : {0, 1, 40, 200, 1'000, 2'000, 4'000, 6'000, 8'000, 12'000}) {
        CAPTURE(bytes);
        const Story one = story(++round);
        rig.bench.commit_all(one.before);
        rig.proxy.cut_requests_after(bytes);

        CHECK(rig.bench.commit_all(one.changes) == one.outcomes);

        rig.proxy.cut_requests_after(-1);
        check_rows(rig.bench.recover(), round);
    }
    CHECK(rig.proxy.cuts() >= 5);
    CHECK(rig.bench.metric("herald_store_reconnects_total") == rig.proxy.cuts());
}

TEST_CASE("an answer that is lost after the commit is found in the rows" *
          doctest::skip(kNoServer)) {
    Rig rig;
    for (int round = 1; round <= 3; ++round) {
        const Story one = story(round);
        rig.bench.commit_all(one.before);
        std::vector<Change> changes = one.changes;
        // Changes made together are looked at first, and that question must get its answer.
        changes.erase(changes.begin() + 5, changes.begin() + 7);
        std::vector<Outcome> outcomes = one.outcomes;
        outcomes.erase(outcomes.begin() + 5, outcomes.begin() + 7);
        const double commits = rig.bench.metric("herald_store_commits_total");
        rig.proxy.swallow_answer();

        CHECK(rig.bench.commit_all(changes) == outcomes);

        CHECK(rig.proxy.cuts() == round);
        CHECK(rig.bench.metric("herald_store_commits_total") == commits + 1);
        // The same row once: a second time would be refused.
        CHECK(rig.schema.number("SELECT sequence FROM lanes") ==
              static_cast<std::uint64_t>(rig.bench.metric("herald_store_commits_total")));
    }
}

TEST_CASE("while the server is away nobody is told anything, and then the truth" *
          doctest::skip(kNoServer)) {
    Rig rig;
    const Story one = story(1);
    rig.bench.commit_all(one.before);
    rig.proxy.go_away(true);
    std::thread back([&rig] {
        std::this_thread::sleep_for(300ms);
        rig.proxy.go_away(false);
    });

    CHECK(rig.bench.commit_all(one.changes) == one.outcomes);

    back.join();
    check_rows(rig.bench.recover(), 1);
    CHECK(rig.bench.store().is_writable());
}

/// Ends the session that writes, from within, at the n-th row any statement touches. Counting goes
/// on over rollbacks.
void end_session_at(const PostgresSchema& schema, std::uint64_t row) {
    schema.execute(
        "CREATE SEQUENCE IF NOT EXISTS touched; ALTER SEQUENCE touched RESTART;"
        "CREATE OR REPLACE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('touched') = " +
        std::to_string(row) +
        " THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(0); END IF;"
        " RETURN NULL; END $$");
    for (const char* table :
         {"publications", "publication_marks", "subscriptions", "messages", "lanes"}) {
        schema.execute(std::string("CREATE OR REPLACE TRIGGER cut AFTER INSERT OR UPDATE OR DELETE"
                                   " ON ") +
                       table + " FOR EACH ROW EXECUTE FUNCTION cut()");
    }
}

TEST_CASE("a session ended at any statement of a batch changes nothing that is told" *
          doctest::skip(kNoServer)) {
    Rig rig;
    const int last = 14;
    for (int round = 1; round <= last; ++round) {
        CAPTURE(round);
        const Story one = story(round);
        rig.bench.commit_all(one.before);
        end_session_at(rig.schema, static_cast<std::uint64_t>(round));

        CHECK(rig.bench.commit_all(one.changes) == one.outcomes);

        check_rows(rig.bench.recover(), round);
        rig.schema.execute("ALTER SEQUENCE touched RESTART 1000000");
    }
    CHECK(rig.bench.metric("herald_store_reconnects_total") >= 10);
}

TEST_CASE("tables that are not there make changes unavailable until they are back" *
          doctest::skip(kNoServer)) {
    Rig rig;
    const Change put = PutPublication{.row = publication(1), .expected_tag = {}};
    rig.schema.execute("ALTER TABLE publications RENAME TO elsewhere");

    CHECK(rig.bench.commit(put) == Outcome::unavailable);
    CHECK_FALSE(rig.bench.store().is_writable());
    CHECK(rig.bench.commit(PutAlias{{"a", "b"}}) == Outcome::unavailable);

    rig.schema.execute("ALTER TABLE elsewhere RENAME TO publications");
    rig.pass_second();
    CHECK(rig.bench.store().is_writable());
    CHECK(rig.bench.commit(put) == C);
}

/// The server takes no changes, as a standby does.
struct ReadOnly {
    ReadOnly() { set("on"); }
    ~ReadOnly() { set("off"); }
    static void set(const std::string& value) {
        auto session = postgres_session(postgres_url() + "?target_session_attrs=any");
        REQUIRE(session.execute("SET default_transaction_read_only = off"));
        REQUIRE(session.execute("ALTER SYSTEM SET default_transaction_read_only = " + value));
        REQUIRE(session.execute("SELECT pg_reload_conf()"));
        auto other = [] { return postgres_session(postgres_url() + "?target_session_attrs=any"); };
        const auto is_set =
            "SELECT (current_setting('default_transaction_read_only') = '" + value + "')::int";
        while (*other().number(is_set) == 0) std::this_thread::sleep_for(10ms);
    }
};

TEST_CASE("a server that can only be read makes changes unavailable until it can be written to" *
          doctest::skip(kNoServer)) {
    Rig rig;
    const Change put = PutPublication{.row = publication(1), .expected_tag = {}};
    {
        const ReadOnly server;
        Outcome outcome = C;
        // The session hears of it a moment later.
        for (int tries = 0; tries < 1000 && outcome == C; ++tries) outcome = rig.bench.commit(put);
        CHECK(outcome == Outcome::unavailable);
        rig.pass_second();
        CHECK_FALSE(rig.bench.store().is_writable());
    }
    rig.pass_second();
    CHECK(rig.bench.store().is_writable());
    CHECK(rig.bench.commit(put) == C);
}

TEST_CASE("of several hosts the one that answers is used" * doctest::skip(kNoServer)) {
    PostgresSchema schema;
    std::string server = postgres_url();
    server.insert(server.find("127.0.0.1"), "127.0.0.1:1,");

    Bench bench(schema.url_at(server));

    CHECK(bench.commit(PutAlias{{"a", "b"}}) == C);
}

TEST_CASE("a row that cannot be stored refuses itself, wherever it stands" *
          doctest::skip(kNoServer)) {
    Rig rig;
    rig.schema.execute("ALTER TABLE publications ADD CHECK (aor <> 'sip:bad@example.com')");
    std::vector<Change> changes;
    std::vector<Outcome> outcomes;
    for (std::uint64_t id = 1; id <= 20; ++id) {
        Publication row = publication(id);
        if (id == 7 || id == 20) row.aor = "sip:bad@example.com";
        changes.emplace_back(PutPublication{.row = row, .expected_tag = {}});
        outcomes.push_back(id == 7 || id == 20 ? R : C);
    }

    CHECK(rig.bench.commit_all(changes) == outcomes);

    CHECK(rig.bench.recover().publications.size() == 18);
    CHECK(rig.bench.store().is_writable());
}

TEST_CASE("a process whose store was taken over writes nothing more" * doctest::skip(kNoServer)) {
    Rig rig;
    const Change put = PutPublication{.row = publication(1), .expected_tag = {}};
    CHECK(rig.bench.commit(put) == C);
    rig.schema.execute("UPDATE lanes SET fence = fence + 1");

    CHECK(rig.bench.commit(PutPublication{.row = publication(2), .expected_tag = {}}) ==
          Outcome::unavailable);
    rig.pass_second();
    CHECK_FALSE(rig.bench.store().is_writable());
    CHECK(rig.bench.metric("herald_store_fenced_total") == 1);
    CHECK(rig.schema.number("SELECT count(*) FROM publications") == 1);
}

TEST_CASE("a process that lost its connection and then its store tells nobody anything" *
          doctest::skip(kNoServer)) {
    Rig rig;
    CHECK(rig.bench.commit(PutPublication{.row = publication(1), .expected_tag = {}}) == C);
    rig.schema.execute("UPDATE lanes SET fence = fence + 1");
    rig.proxy.cut_requests_after(0);

    CHECK(rig.bench.commit(PutPublication{.row = publication(2), .expected_tag = {}}) ==
          Outcome::unknown);
    CHECK_FALSE(rig.bench.store().is_writable());
}

}  // namespace
}  // namespace herald::store::lost_test
