// tests/unit/store/sqlite/durability_test.cpp: committed means on the disk, whatever fails and
// whenever the power goes.
#include <csignal>
#include <cstdlib>
#include <random>
#include <set>

#include <fcntl.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "base/log.h"
#include "store/sqlite/database.h"
#include "tests/support/lossy_vfs.h"
#include "tests/unit/store/support.h"

namespace herald::store::durability_test {
namespace {

using namespace testing;
using herald::testing::LossyVfs;
using Operation = LossyVfs::Operation;
using Target = LossyVfs::Target;

Change put(std::uint64_t id) {
    return PutPublication{.row = publication(id), .expected_tag = {}};
}

/// A store on a disk that can fail, inline.
struct Rig {
    Rig() { base::log_level(base::LogLevel::off); }
    ~Rig() { base::log_level(base::LogLevel::info); }

    StoreOptions options() const { return {.is_inline = true, .vfs = vfs.name()}; }
    /// A second passes: what failed is retried.
    void pass_second(Bench& bench) {
        bench.clock().advance(1s);
        bench.loop().turn(0ms);
    }
    /// What is there after the power was cut and came back.
    std::set<std::uint64_t> after_power_loss(Bench& bench) {
        vfs.lose_power();
        bench.stop();
        return ids_on_disk();
    }
    std::set<std::uint64_t> ids_on_disk() {
        vfs.lose_power();
        vfs.restore_power();
        Bench reader(folder.url(), options());
        std::set<std::uint64_t> ids;
        for (const auto& [id, row] : reader.recover().publications) ids.insert(id);
        return ids;
    }

    Folder folder;
    LossyVfs vfs{"herald-lossy"};
};

using Ids = std::set<std::uint64_t>;

TEST_CASE("committed is said after the sync: a power loss takes nothing of it") {
    Rig rig;
    Bench bench(rig.folder.url(), rig.options());
    const auto before = rig.vfs.log_syncs();
    CHECK(bench.commit(put(1)) == Outcome::committed);
    CHECK(rig.vfs.log_syncs() > before);
    CHECK(bench.commit_all({put(2), put(3)}) == std::vector(2, Outcome::committed));

    CHECK(rig.after_power_loss(bench) == Ids{1, 2, 3});
}

TEST_CASE("a full disk answers unavailable, applies nothing, and heals by itself") {
    Rig rig;
    Bench bench(rig.folder.url(), rig.options());
    bench.commit(put(1));
    // Only once: settling writes the log over itself, which a full disk allows.
    rig.vfs.fail({.operation = Operation::write, .times = 1, .code = SQLITE_FULL});

    CHECK(bench.commit(put(2)) == Outcome::unavailable);
    CHECK_FALSE(bench.store().is_writable());
    CHECK(bench.metric("herald_store_writable") == 0);
    CHECK(bench.commit(put(3)) == Outcome::unavailable);
    CHECK_FALSE(bench.store().is_writable());

    rig.pass_second(bench);
    CHECK(bench.store().is_writable());
    CHECK(bench.metric("herald_store_writable") == 1);
    CHECK(bench.commit(put(4)) == Outcome::committed);
    CHECK(rig.after_power_loss(bench) == Ids{1, 4});
}

TEST_CASE("a write that fails anywhere within COMMIT is resolved to unavailable or committed") {
    for (std::uint64_t after = 0; after < 12; ++after) {
        Rig rig;
        Bench bench(rig.folder.url(), rig.options());
        bench.commit(put(1));
        rig.vfs.fail({.operation = Operation::write, .after = after, .code = SQLITE_IOERR_WRITE});

        const Outcome outcome = bench.commit(put(2));
        rig.vfs.heal();

        REQUIRE(outcome != Outcome::unknown);
        const Ids expected = outcome == Outcome::committed ? Ids{1, 2} : Ids{1};
        CHECK(rig.after_power_loss(bench) == expected);
    }
}

TEST_CASE("a statement that fails is rolled back; the store writes again after the retry") {
    Rig rig;
    Bench bench(rig.folder.url(), rig.options());
    {
        // Enough rows that the next change must read its page from the file.
        std::vector<Change> changes;
        for (std::uint64_t id = 1; id <= 50; ++id) changes.push_back(put(id));
        bench.commit_all(std::move(changes));
        REQUIRE(bench.close());
    }
    bench.open(rig.folder.url(), rig.options());
    rig.vfs.fail({.target = Target::any,
                  .operation = Operation::read,
                  .times = UINT64_MAX,
                  .code = SQLITE_IOERR_READ});

    CHECK(bench.commit(RemovePublication{.id = 17}) == Outcome::unavailable);
    CHECK_FALSE(bench.store().is_writable());

    rig.vfs.heal();
    rig.pass_second(bench);
    CHECK(bench.store().is_writable());
    CHECK(bench.commit(RemovePublication{.id = 17}) == Outcome::committed);
    CHECK(rig.after_power_loss(bench).size() == 49);
}

TEST_CASE("after a failed sync, committed is said only of what a second writing took to the disk") {
    Rig rig;
    Bench bench(rig.folder.url(), rig.options());
    bench.commit(put(1));
    rig.vfs.fail({.operation = Operation::sync, .code = SQLITE_IOERR_FSYNC});

    // The log could be read back in full: settled, it counts.
    CHECK(bench.commit(put(2)) == Outcome::committed);
    CHECK(bench.store().is_writable());
    CHECK(bench.commit(put(3)) == Outcome::committed);

    CHECK(rig.after_power_loss(bench) == Ids{1, 2, 3});
}

TEST_CASE("the disk of these tests keeps back what a failed sync lost, as Linux does") {
    // The trap itself: without settling, the log reads well, the next sync succeeds, and all of it
    // is lost.
    Rig rig;
    Folder& folder = rig.folder;
    auto opened = Database::open({.path = folder.file(), .vfs = rig.vfs.name()});
    REQUIRE(opened);
    auto database = std::make_unique<Database>(std::move(*opened));
    REQUIRE(database->execute("PRAGMA page_size = 4096; PRAGMA synchronous = FULL"));
    {
        auto mode = database->query("PRAGMA journal_mode = WAL");
        REQUIRE(mode);
    }
    REQUIRE(database->execute("CREATE TABLE t (x INTEGER)"));
    rig.vfs.fail({.operation = Operation::sync, .code = SQLITE_IOERR_FSYNC});
    REQUIRE_FALSE(database->execute("INSERT INTO t VALUES (1)"));
    database->keep_log_on_close();
    database.reset();
    database = std::make_unique<Database>(
        std::move(*Database::open({.path = folder.file(), .vfs = rig.vfs.name()})));
    CHECK(*database->query("SELECT count(*) FROM t") == 1);
    REQUIRE(database->execute("PRAGMA synchronous = FULL; INSERT INTO t VALUES (2)"));

    rig.vfs.lose_power();
    database.reset();
    rig.vfs.restore_power();

    database = std::make_unique<Database>(
        std::move(*Database::open({.path = folder.file(), .vfs = rig.vfs.name()})));
    CHECK(*database->query("SELECT count(*) FROM t") == 0);
}

TEST_CASE("a start settles the log before anything is built upon it") {
    Rig rig;
    {
        Bench bench(rig.folder.url(), rig.options());
        bench.commit(put(1));
        // The process ends between the failed sync and the settling.
        rig.vfs.fail({.operation = Operation::sync, .code = SQLITE_IOERR_FSYNC});
        auto raw = Database::open({.path = rig.folder.file(), .vfs = rig.vfs.name()});
        REQUIRE(raw);
        REQUIRE(raw->execute("PRAGMA synchronous = FULL"));
        REQUIRE_FALSE(raw->execute("UPDATE lanes SET alive_at = 5"));
        raw->keep_log_on_close();
        // The ledger's own connection must not copy the log either.
        rig.vfs.fail({.target = Target::database,
                      .operation = Operation::write,
                      .times = UINT64_MAX,
                      .code = SQLITE_IOERR_WRITE});
    }
    rig.vfs.heal();
    Bench next(rig.folder.url(), rig.options());
    CHECK(next.commit(put(2)) == Outcome::committed);

    CHECK(rig.after_power_loss(next) == Ids{1, 2});
}

/// Runs `life` in a child process; what it wrote to the descriptor it got, and how it ended.
struct Death {
    std::vector<std::uint64_t> said;
    int status = 0;
};
template <class Life, class Watch>
Death run_child(Life life, Watch watch) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::close(ends[0]);
        std::signal(SIGABRT, SIG_DFL);
        base::log_level(base::LogLevel::off);
        life(ends[1]);
        ::_exit(0);
    }
    ::close(ends[1]);
    watch(child);
    Death death;
    std::uint64_t id = 0;
    while (::read(ends[0], &id, sizeof id) == sizeof id) death.said.push_back(id);
    ::close(ends[0]);
    REQUIRE(::waitpid(child, &death.status, 0) == child);
    return death;
}

void say(int pipe, std::uint64_t id) {
    if (::write(pipe, &id, sizeof id) != sizeof id) ::_exit(9);
}

TEST_CASE("where it cannot be told what became of a commit, the process ends") {
    Rig rig;
    const Death death = run_child(
        [&](int pipe) {
            Bench bench(rig.folder.url(), rig.options());
            if (bench.commit(put(1)) == Outcome::committed) say(pipe, 1);
            rig.vfs.fail(
                {.operation = Operation::sync, .times = UINT64_MAX, .code = SQLITE_IOERR_FSYNC});
            bench.commit(put(2));
            say(pipe, 2);
        },
        [](pid_t) {});

    CHECK(death.said == std::vector<std::uint64_t>{1});
    CHECK(WIFSIGNALED(death.status));
    CHECK(WTERMSIG(death.status) == SIGABRT);
    CHECK(rig.ids_on_disk() == Ids{1});
}

TEST_CASE("power lost at any write or sync: everything said to be committed is there") {
    for (std::uint64_t operation = 1; operation <= 60; operation += 1) {
        Rig rig;
        { Bench bench(rig.folder.url(), rig.options()); }
        // The page cache is the child's memory: it dies with the child.
        const Death death = run_child(
            [&](int pipe) {
                Bench bench(rig.folder.url(), rig.options());
                rig.vfs.lose_power_at(operation);
                for (std::uint64_t id = 1; id <= 8; ++id) {
                    if (bench.commit(put(id)) == Outcome::committed) say(pipe, id);
                }
                (void)bench.close();
                say(pipe, 0);
            },
            [](pid_t) {});

        const Ids ids = rig.ids_on_disk();
        for (const std::uint64_t id : death.said) {
            if (id != 0) CHECK_MESSAGE(ids.count(id) == 1, "lost ", id, " at ", operation);
        }
        // One more may have arrived that nobody was told of.
        CHECK(ids.size() <= death.said.size() + 1);
    }
}

/// Several accounts and policies, as an import makes them.
constexpr std::size_t kImported = 300;

ChangeAccounts imported_accounts() {
    ChangeAccounts change;
    for (std::size_t i = 0; i < kImported; ++i) {
        Account row;
        row.aor = "sip:" + std::to_string(i) + "@example.com";
        row.ha1[0] = std::string(32, 'a');
        change.accounts.emplace_back(PutAccount{row});
        change.kept.push_back(publication(1 + i));
    }
    return change;
}

ChangePolicies imported_policies() {
    ChangePolicies change;
    for (std::size_t i = 0; i < kImported; ++i) {
        const auto scope = "sip:" + std::to_string(i) + "@example.com";
        change.policies.push_back({scope, 1001 + i, "allow sip:bob@example.com", ""});
        change.audit.push_back({2001 + i, {}, "root", scope, "lists.import", "", ""});
    }
    return change;
}

void check_all_or_none(const Recovered& rows, std::size_t wanted) {
    CHECK(rows.accounts.size() == wanted);
    CHECK(rows.publications.size() == wanted);
    CHECK(rows.policies.size() == wanted);
    CHECK(rows.audit.size() == wanted);
}

TEST_CASE("an import whose statement fails, whichever it is, leaves nothing") {
    for (std::uint64_t after = 0;; after += 1 + after / 4) {
        Rig rig;
        Bench bench(rig.folder.url(), rig.options());
        rig.vfs.fail({.target = Target::any,
                      .operation = Operation::write,
                      .after = after,
                      .code = SQLITE_FULL});
        const auto outcomes = bench.commit_all({imported_accounts(), imported_policies()});
        REQUIRE(outcomes[0] == outcomes[1]);
        rig.vfs.heal();
        rig.vfs.lose_power();
        bench.stop();
        rig.vfs.restore_power();

        Bench reader(rig.folder.url(), rig.options());
        const bool is_there = outcomes[0] == Outcome::committed;
        check_all_or_none(reader.recover(), is_there ? kImported : 0);
        if (is_there && after > 20) break;
    }
}

TEST_CASE("power lost at any write or sync of an import: all of it is there, or none") {
    for (std::uint64_t operation = 1; operation <= 90; operation += 3) {
        Rig rig;
        { Bench bench(rig.folder.url(), rig.options()); }
        const Death death = run_child(
            [&](int pipe) {
                Bench bench(rig.folder.url(), rig.options());
                rig.vfs.lose_power_at(operation);
                const auto outcomes = bench.commit_all({imported_accounts(), imported_policies()});
                if (outcomes[0] == Outcome::committed) say(pipe, 1);
            },
            [](pid_t) {});

        rig.vfs.lose_power();
        rig.vfs.restore_power();
        Bench reader(rig.folder.url(), rig.options());
        const auto rows = reader.recover();
        const bool was_said = !death.said.empty();
        if (was_said) CHECK(rows.accounts.size() == kImported);
        check_all_or_none(rows, rows.accounts.empty() ? 0 : kImported);
    }
}

TEST_CASE("kill -9 at any moment: everything said to be committed is there, in threads too") {
    std::mt19937 random(20261121);
    for (int round = 0; round < 12; ++round) {
        Folder folder;
        const auto patience = std::chrono::microseconds(random() % 150'000);
        const Death death = run_child(
            [&](int pipe) {
                Bench bench(folder.url(), {.queue_limit = 1'000'000, .vfs = {}});
                std::uint64_t next = 1;
                for (;;) {
                    for (int i = 0; i < 20; ++i, ++next) {
                        bench.port().commit(put(next), [pipe, id = next](Outcome outcome) {
                            if (outcome == Outcome::committed) say(pipe, id);
                        });
                    }
                    bench.loop().turn(1ms);
                }
            },
            [&](pid_t child) {
                ::usleep(static_cast<useconds_t>(patience.count()));
                ::kill(child, SIGKILL);
            });

        Bench bench(folder.url());
        const auto rows = bench.recover().publications;
        for (const std::uint64_t id : death.said) REQUIRE(rows.count(id) == 1);
        for (const auto& [id, row] : rows) REQUIRE(row.body == publication(id).body);
        // Batches are whole and in order: no hole before the last row.
        if (!rows.empty()) CHECK(rows.rbegin()->first == rows.size());
        CHECK(bench.store().home().next_id > rows.size());
    }
}

}  // namespace
}  // namespace herald::store::durability_test
