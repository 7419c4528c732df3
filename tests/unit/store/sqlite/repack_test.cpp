// tests/unit/store/sqlite/repack_test.cpp: an older file with a column for each value is packed,
// however often that is cut off.
#include <string>

#include "base/log.h"
#include "store/sqlite/database.h"
#include "store/sqlite/migrate.h"
#include "tests/support/lossy_vfs.h"
#include "tests/unit/store/wide_store.h"

namespace herald::store::sqlite::repack_test {
namespace {

using namespace testing;
using herald::testing::LossyVfs;

/// A key is the counter and ten bits of bucket.
constexpr std::string_view kKey = "1024 * ";

void make_wide(const std::string& file, const std::string& rows, const std::string& vfs = {}) {
    auto database = Database::open({.path = file, .vfs = vfs});
    REQUIRE(database);
    REQUIRE(database->execute("PRAGMA application_id = 1212502593; PRAGMA synchronous = FULL"));
    REQUIRE(migrate(*database, wide_migrations(Dialect::sqlite), base::WallTime(1s)));
    REQUIRE(database->execute(rows.c_str()));
}

std::uint64_t number_in(const std::string& file, const char* sql) {
    auto database = Database::open({.path = file, .vfs = {}});
    REQUIRE(database);
    const auto number = database->query(sql);
    REQUIRE(number);
    return static_cast<std::uint64_t>(*number);
}

TEST_CASE("an older file is packed at its first start, and no older Herald opens it again") {
    Folder folder;
    make_wide(folder.file(), wide_rows(Dialect::sqlite, kKey));

    CHECK(lines_of(folder.url()) == packed_lines());

    {
        Bench bench(folder.url());
        check_changeable(bench);
        REQUIRE(bench.close());
    }
    CHECK(number_in(folder.file(), "SELECT max(min_reader) FROM migrations") >= 11);
    CHECK(number_in(folder.file(),
                    "SELECT count(*) FROM sqlite_master WHERE name LIKE 'packed%'") == 0);
    auto database = Database::open({.path = folder.file(), .vfs = {}});
    REQUIRE(database);
    CHECK_FALSE(migrate(*database, wide_migrations(Dialect::sqlite), base::WallTime(2s)));
}

TEST_CASE("a file that was not numbered either is both packed and numbered") {
    Folder folder;
    make_wide(folder.file(), wide_rows(Dialect::sqlite, "") + unnumbered(Dialect::sqlite));

    Bench bench(folder.url());

    check_numbered_too(bench);
}

TEST_CASE("a row that cannot be read ends the start, and is still there") {
    Folder folder;
    make_wide(folder.file(), wide_rows(Dialect::sqlite, kKey) +
                                 "UPDATE subscriptions SET state = 99 WHERE call_id = 'dialog-5'");
    base::Metrics metrics;
    base::ManualClock clock;
    {
        const auto opened = open(folder.url(), {.is_inline = true}, metrics, clock);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.fault().detail.find("subscriptions row 5: no such state") !=
              std::string::npos);
    }
    CHECK(number_in(folder.file(), "SELECT count(*) FROM subscriptions") == 2);
    {
        auto database = Database::open({.path = folder.file(), .vfs = {}});
        REQUIRE(database->execute("UPDATE subscriptions SET state = 1"));
    }

    CHECK(lines_of(folder.url()) == packed_lines());
}

/// Starts on such a file; power goes at that write. False: it had ended before.
bool start_cut(LossyVfs& vfs, const Folder& folder, std::uint64_t at) {
    vfs.lose_power_at(at);
    bool is_cut = false;
    {
        base::Metrics metrics;
        base::ManualClock clock;
        const auto opened =
            open(folder.url(), {.is_inline = true, .vfs = vfs.name()}, metrics, clock);
        is_cut = !vfs.has_power();
        if (!is_cut) REQUIRE(opened.has_value());
    }
    vfs.lose_power();
    vfs.restore_power();
    return is_cut;
}

TEST_CASE("power that goes at any write of that leaves a file whose next start ends it") {
    base::log_level(base::LogLevel::off);
    const auto wanted = packed_lines();
    bool is_cut = true;
    for (std::uint64_t at = 1; is_cut; ++at) {
        CAPTURE(at);
        REQUIRE(at < 500);
        Folder folder;
        LossyVfs vfs("herald-repack");
        make_wide(folder.file(), wide_rows(Dialect::sqlite, kKey), vfs.name());

        is_cut = start_cut(vfs, folder, at);

        CHECK(lines_of(folder.url(), {.is_inline = true, .vfs = vfs.name()}) == wanted);
    }
    base::log_level(base::LogLevel::info);
}

TEST_CASE("a file of more rows than one transaction moves goes on where it was cut off") {
    base::log_level(base::LogLevel::off);
    constexpr std::uint64_t kRows = 25'000;
    const std::string rows =
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < " +
        std::to_string(kRows) +
        ") INSERT INTO publications SELECT 1024 * n, 'presence', 'sip:user' || n ||"
        " '@example.com', 'tag', 's' || n, '', 2, 0, 0, 0, 'c', 1, 2, 't', x'01' FROM n";
    Folder folder;
    LossyVfs vfs("herald-repack-parts");
    make_wide(folder.file(), rows, vfs.name());

    int cuts = 0;
    for (std::uint64_t at = 200; start_cut(vfs, folder, at); at += 400) {
        REQUIRE(++cuts < 30);
    }

    CHECK(cuts > 1);
    Bench bench(folder.url(), {.is_inline = true, .vfs = vfs.name()});
    const auto found = bench.recover().publications;
    CHECK(found.size() == kRows);
    CHECK(found.at(kRows).source == "s" + std::to_string(kRows));
    base::log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace herald::store::sqlite::repack_test
