// tests/unit/store/sqlite/renumber_test.cpp: an older file is given the numbers of today, however
// often that is cut off.
#include <string>

#include "base/log.h"
#include "store/sqlite/database.h"
#include "tests/support/lossy_vfs.h"
#include "tests/unit/store/old_store.h"

namespace herald::store::sqlite::renumber_test {
namespace {

using namespace testing;
using herald::testing::LossyVfs;

/// A row's key was its counter alone.
constexpr const char* kShorten =
    "UPDATE publications SET id = id >> 10; UPDATE publication_marks SET id = id >> 10;"
    " UPDATE subscriptions SET id = id >> 10; UPDATE subscription_marks SET id = id >> 10;"
    " UPDATE messages SET id = id >> 10";

void make_old(const std::string& file, const std::string& vfs = {}) {
    auto database = Database::open({.path = file, .vfs = vfs});
    REQUIRE(database);
    REQUIRE(database->execute("PRAGMA synchronous = FULL"));
    REQUIRE(database->execute(kShorten));
    REQUIRE(database->execute(std::string(kMakeOld).c_str()));
}

TEST_CASE("an older file is numbered anew at its first start, once") {
    Folder folder;
    {
        Bench bench(folder.url());
        fill_old(bench);
        REQUIRE(bench.close());
    }
    make_old(folder.file());

    Bench bench(folder.url());

    check_numbered(bench);
    check_usable(bench);
    const auto next = bench.store().home().next_id;
    REQUIRE(bench.close());
    bench.open(folder.url(), {.is_inline = true});
    CHECK(bench.store().home().next_id == next + kCounterBlock);
    CHECK(bench.recover().publications.size() == 3);
}

TEST_CASE("power that goes at any write of that leaves a file whose next start ends it") {
    base::log_level(base::LogLevel::off);
    bool is_cut = true;
    for (std::uint64_t at = 1; is_cut; ++at) {
        REQUIRE(at < 500);
        Folder folder;
        LossyVfs vfs("herald-renumber");
        const StoreOptions options{.is_inline = true, .vfs = vfs.name()};
        {
            Bench bench(folder.url(), options);
            fill_old(bench);
            REQUIRE(bench.close());
        }
        make_old(folder.file(), vfs.name());

        vfs.lose_power_at(at);
        {
            base::Metrics metrics;
            base::ManualClock clock;
            const auto opened = open(folder.url(), options, metrics, clock);
            is_cut = !vfs.has_power();
            if (!is_cut) REQUIRE(opened.has_value());
        }
        vfs.lose_power();
        vfs.restore_power();

        Bench bench(folder.url(), options);
        check_numbered(bench);
        check_usable(bench);
    }
    base::log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace herald::store::sqlite::renumber_test
