// tests/unit/store/postgres/nodes_test.cpp: a process that has the store has a row of its own.
// Needs scripts/postgres.
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "store/open.h"
#include "tests/unit/store/support.h"

namespace herald::store::nodes_test {
namespace {

using namespace testing;

const bool kNoServer = !has_postgres();

StoreOptions named(const std::string& name) {
    return {
        .is_inline = true,
        .node = {
            .name = name, .boot = "boot 1", .listeners = "udp:192.0.2.1:5060", .version = "1.2.3"}};
}

/// A store of that schema, as a process called `name` has it.
struct Process {
    Process(const PostgresSchema& schema, const std::string& name, base::ManualClock& own_clock)
        : clock(own_clock), loop(own_clock) {
        auto opened = open(schema.url(), named(name), metrics, clock,
                           [this](const DatabaseTime& time) { told.push_back(time); });
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.fault().detail));
        store = *std::move(opened);
        port = store->attach(loop);
    }
    void pass(base::Duration time) {
        clock.advance(time);
        loop.turn(0ms);
    }
    void leave() {
        port.reset();
        REQUIRE(store->close());
    }
    std::uint64_t number() const { return store->node().number; }
    std::uint64_t run() const { return store->node().run; }

    base::ManualClock& clock;
    base::Metrics metrics;
    base::Loop loop;
    std::vector<DatabaseTime> told;
    std::unique_ptr<Store> store;
    std::unique_ptr<Port> port;
};

/// What one row says, words between bars.
std::string row_of(const PostgresSchema& schema, const std::string& name,
                   const std::string& columns) {
    auto session = postgres_session(schema.url());
    const auto row = session.query("SELECT concat_ws('|', " + columns +
                                   ") FROM nodes WHERE name = '" + name + "'");
    REQUIRE_MESSAGE(row.is_good(), row.reason());
    return row.rows() == 1 ? row.text(0, 0) : "rows: " + std::to_string(row.rows());
}

}  // namespace

TEST_CASE("cl:W-1: a node keeps its name and number, and each start is another run" *
          doctest::skip(kNoServer)) {
    const PostgresSchema schema;
    base::ManualClock clock;
    std::uint64_t first = 0;
    {
        Process process(schema, "one", clock);
        first = process.run();
        CHECK(process.number() == 1);
        CHECK(first > 0);
        CHECK(row_of(schema, "one", "node, phase, beat, fence, boot, listeners, version") ==
              "1|up|0|1|boot 1|udp:192.0.2.1:5060|1.2.3");
        CHECK(row_of(schema, "one", "run") == std::to_string(first));
        process.leave();
        CHECK(row_of(schema, "one", "phase") == "down");
    }
    {
        Process other(schema, "two", clock);
        CHECK(other.number() == 2);
        CHECK(other.run() > first);
    }
    // It was not left: whoever has the store next knows that nobody else does.
    Process again(schema, "one", clock);
    CHECK(again.number() == 1);
    CHECK(again.run() > first + 1);
    CHECK(row_of(schema, "one", "phase, fence") == "up|3");
    CHECK(row_of(schema, "two", "phase") == "down");
}

TEST_CASE("a process without a name is not noted" * doctest::skip(kNoServer)) {
    const PostgresSchema schema;
    base::ManualClock clock;

    Process process(schema, "", clock);
    process.pass(1s);

    CHECK(process.run() == 0);
    CHECK(schema.number("SELECT count(*) FROM nodes") == 0);
    CHECK(process.told.size() == 2);
    process.leave();
}

TEST_CASE("cl:S-2: each second a node's beat moves, with its clocks, and the database's is told" *
          doctest::skip(kNoServer)) {
    const PostgresSchema schema;
    base::ManualClock clock;
    Process process(schema, "one", clock);
    const auto boot_time = std::to_string(clock.now().time_since_epoch().count());
    CHECK(row_of(schema, "one", "boot_time") == boot_time);

    for (int second = 1; second <= 3; ++second) {
        process.pass(1s);
        CHECK(row_of(schema, "one", "beat, clock, boot_time") ==
              std::to_string(second) + '|' +
                  std::to_string(clock.wall().time_since_epoch().count()) + '|' +
                  std::to_string(clock.now().time_since_epoch().count()));
        CHECK(process.told.size() == static_cast<std::size_t>(1 + second));
        CHECK_FALSE(process.told.back().nodes);
    }
    CHECK(row_of(schema, "one",
                 "abs(database_clock - extract(epoch FROM clock_timestamp()) * 1000) < 60000") ==
          "t");
}

TEST_CASE("cl:S-2: a run that is not the name's any more, or is fenced, moves no beat" *
          doctest::skip(kNoServer)) {
    const PostgresSchema schema;
    base::ManualClock clock;
    Process process(schema, "one", clock);

    schema.execute("UPDATE nodes SET run = run + 1");
    process.pass(1s);
    CHECK(row_of(schema, "one", "beat") == "0");
    CHECK(process.told.size() == 2);
    schema.execute("UPDATE nodes SET run = run - 1, fence = fence + 1");
    process.pass(1s);
    CHECK(row_of(schema, "one", "beat") == "0");
    schema.execute("UPDATE nodes SET fence = fence - 1");
    process.pass(1s);
    CHECK(row_of(schema, "one", "beat") == "1");
}

TEST_CASE("of more than 255 names the one that began longest ago is forgotten" *
          doctest::skip(kNoServer)) {
    const PostgresSchema schema;
    base::ManualClock clock;
    Process(schema, "first", clock).leave();
    schema.execute(
        "INSERT INTO nodes SELECT n, 'n' || n, nextval('runs'), 'down', 1, 0, 0, 0, '', 0, '', ''"
        " FROM generate_series(2, 255) AS n");

    Process(schema, "n7", clock).leave();
    CHECK(schema.number("SELECT count(*) FROM nodes") == 255);
    CHECK(row_of(schema, "first", "node") == "1");
    Process process(schema, "new", clock);

    CHECK(process.number() == 1);
    CHECK(schema.number("SELECT count(*) FROM nodes") == 255);
    CHECK(row_of(schema, "first", "node") == "rows: 0");
}

TEST_CASE("cl:T-2: a run that follows another at once is told by which clock that one went" *
          doctest::skip(kNoServer)) {
    const PostgresSchema schema;
    base::ManualClock clock;
    // The manual clock is years from the database's.
    {
        Process process(schema, "one", clock);
        CHECK_FALSE(process.told.front().nodes);
        process.pass(1s);
    }
    clock.advance(50s);
    {
        Process process(schema, "one", clock);
        REQUIRE(process.told.front().nodes);
        const auto shown = clock.now().time_since_epoch() + process.told.front().nodes->offset;
        CHECK(std::chrono::abs(shown - clock.wall().time_since_epoch()) <= 1ms);
    }
    clock.advance(61s);
    Process process(schema, "one", clock);
    CHECK_FALSE(process.told.front().nodes);
}

TEST_CASE("cl:T-2: a node that lived until just now is asked, as far as it was from the database" *
          doctest::skip(kNoServer)) {
    const PostgresSchema schema;
    base::ManualClock clock;
    Process(schema, "one", clock).leave();
    auto other = postgres_session(schema.url());
    REQUIRE(other.execute("SELECT pg_advisory_lock('lanes'::regclass::oid::bigint)"));
    REQUIRE(other.execute(
        "INSERT INTO nodes VALUES (9, 'other', 99, 'up', 1, 1, 7000, 1000, '', 0, '', '')"));
    // It goes once somebody waits for it, and has read the beat.
    std::thread going([&] {
        const auto is_waited_for = [&] {
            return *other.number(
                "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE"
                " 'SELECT pg_try_advisory_lock(''lanes''%'");
        };
        while (is_waited_for() == 0) std::this_thread::yield();
        CHECK(other.execute("UPDATE nodes SET beat = beat + 1 WHERE name = 'other'"));
        CHECK(other.execute("SELECT pg_advisory_unlock_all()"));
    });

    Process process(schema, "one", clock);
    going.join();

    REQUIRE(process.told.front().nodes);
    // Its own earlier run is the other one of the two.
    const auto now = process.clock.now().time_since_epoch();
    const auto own = process.clock.wall().time_since_epoch() - now;
    const auto others = process.told.front().database.offset + 6s;
    CHECK(std::chrono::abs(process.told.front().nodes->offset - (own + others) / 2) <= 2ms);
    CHECK(row_of(schema, "other", "phase") == "down");
}

TEST_CASE("a store of SQLite notes no node") {
    Folder folder;
    Bench bench(folder.url(), named("one"));

    CHECK(bench.store().node().run == 0);
}

}  // namespace herald::store::nodes_test
