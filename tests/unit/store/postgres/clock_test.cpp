// tests/unit/store/postgres/clock_test.cpp: what the database's clock shows is told, whoever sets
// it, however long the answer takes. Needs scripts/postgres.
#include <chrono>
#include <string>
#include <vector>

#include "base/following_clock.h"
#include "base/log.h"
#include "store/open.h"
#include "tests/support/cutting_proxy.h"
#include "tests/unit/store/support.h"

namespace herald::store::clock_test {
namespace {

using namespace testing;
using herald::testing::CuttingProxy;

const bool kNoServer = !has_postgres();

/// A schema for a store, and one before PostgreSQL's own whose clock can be set, and be slow.
struct Place {
    Place() {
        clocks.execute(
            "CREATE TABLE shown (ahead INTERVAL NOT NULL, slow DOUBLE PRECISION NOT NULL);"
            " INSERT INTO shown VALUES ('0', 0);"
            " CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS $$"
            " DECLARE told timestamptz; BEGIN"
            " told := pg_catalog.clock_timestamp() + (SELECT ahead FROM shown);"
            " PERFORM pg_sleep((SELECT slow FROM shown)); RETURN told; END $$");
    }
    std::string url_at(const std::string& server) const {
        const auto path = clocks.url();
        return rows.url_at(server) + "%2C" + path.substr(path.rfind("%3D") + 3) + "%2Cpg_catalog";
    }
    void set(const std::string& ahead, const std::string& slow = "0") const {
        clocks.execute("UPDATE shown SET ahead = '" + ahead + "', slow = " + slow);
    }

    PostgresSchema rows, clocks;
};

/// The machine's, which need not be waited for.
class HastyClock final : public base::Clock {
public:
    base::Instant now() const noexcept override { return real_.now() + ahead_; }
    base::WallTime wall() const noexcept override {
        return base::WallTime(std::chrono::floor<std::chrono::milliseconds>(
            now().time_since_epoch() + base::read_system_clock().offset));
    }
    void advance(base::Duration step) { ahead_ += step; }
    /// Of the machine's wall clock, as it would be read by this one.
    base::Duration offset() const { return base::read_system_clock().offset - ahead_; }

private:
    base::FollowingClock real_;
    base::Duration ahead_{};
};

/// A store that tells of its database's clock.
struct Rig {
    Rig() : Rig(postgres_url()) {}
    explicit Rig(const std::string& server) : loop(clock) {
        base::log_level(base::LogLevel::off);
        auto opened = open(place.url_at(server), {.is_inline = true}, metrics, clock,
                           [this](const auto& time) { readings.push_back(time.database); });
        REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.fault().detail));
        store = *std::move(opened);
        port = store->attach(loop);
    }
    ~Rig() { base::log_level(base::LogLevel::info); }

    void pass_second() {
        clock.advance(1s);
        loop.turn(0ms);
    }
    /// How far the database's clock is said to be ahead of the machine's.
    base::Duration ahead() const { return readings.back().offset - clock.offset(); }
    /// Whether that is `wanted`, as far as the way there and back lets anybody know.
    bool is_ahead_by(base::Duration wanted) const {
        constexpr auto kTick = 1ms;
        return std::chrono::abs(ahead() - wanted) <= readings.back().within + kTick;
    }

    Place place;
    HastyClock clock;
    base::Metrics metrics;
    base::Loop loop;
    std::vector<base::ClockReading> readings;
    std::unique_ptr<Store> store;
    std::unique_ptr<Port> port;
};

TEST_CASE("the database's clock is told before anything is judged by time, then each second" *
          doctest::skip(kNoServer)) {
    Rig rig;

    REQUIRE(rig.readings.size() == 1);
    CHECK(rig.is_ahead_by(0s));
    for (std::size_t seconds = 1; seconds <= 3; ++seconds) {
        rig.pass_second();
        CHECK(rig.readings.size() == 1 + seconds);
        CHECK(rig.is_ahead_by(0s));
    }
    rig.loop.turn(0ms);
    CHECK(rig.readings.size() == 4);
}

TEST_CASE("a store of SQLite has no clock of its own") {
    Folder folder;
    base::ManualClock clock;
    base::Metrics metrics;
    base::Loop loop(clock);
    bool is_told = false;

    auto opened = open(folder.url(), {.is_inline = true}, metrics, clock,
                       [&is_told](const auto&) { is_told = true; });
    REQUIRE(opened);
    auto port = (*opened)->attach(loop);
    clock.advance(1s);
    loop.turn(0ms);

    CHECK_FALSE(is_told);
}

TEST_CASE("whoever sets the database's clock is told of, ahead and back" *
          doctest::skip(kNoServer)) {
    Rig rig;

    rig.place.set("1 hour");
    rig.pass_second();
    CHECK(rig.is_ahead_by(1h));

    rig.place.set("-2 days");
    rig.pass_second();
    CHECK(rig.is_ahead_by(-48h));
}

TEST_CASE("an answer that takes long says how little it says" * doctest::skip(kNoServer)) {
    Rig rig;

    rig.place.set("1 minute", "0.4");
    rig.pass_second();

    CHECK(rig.readings.back().within >= 200ms);
    CHECK(rig.is_ahead_by(1min));
}

TEST_CASE("of a database that is away nothing is told, then again" * doctest::skip(kNoServer)) {
    const auto url = postgres_url();
    const auto colon = url.rfind(':'), slash = url.rfind('/');
    CuttingProxy proxy(
        static_cast<std::uint16_t>(std::stoul(url.substr(colon + 1, slash - colon - 1))));
    auto through = url;
    Rig rig(through.replace(colon + 1, slash - colon - 1, std::to_string(proxy.port())));

    proxy.go_away(true);
    for (int i = 0; i < 3; ++i) rig.pass_second();
    CHECK(rig.readings.size() == 1);

    proxy.go_away(false);
    for (int i = 0; i < 3; ++i) rig.pass_second();
    CHECK(rig.readings.size() > 1);
    CHECK(rig.is_ahead_by(0s));
}

}  // namespace
}  // namespace herald::store::clock_test
