// tests/unit/store/sqlite/sqlite_test.cpp: the file of a store: its lock, its schema, its threads,
// its log.
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/migrations.h"
#include "store/sqlite/file_lock.h"
#include "store/sqlite/migrate.h"
#include "tests/unit/store/support.h"

namespace herald::store::sqlite_test {
namespace {

using namespace testing;

const StoreOptions kThreaded{.queue_limit = 100'000, .refresh_queue_limit = 100'000};

std::string text_of(const char* sql, const std::string& file) {
    auto database = Database::open({.path = file, .vfs = {}});
    REQUIRE(database);
    auto statement = database->prepare(sql);
    REQUIRE(statement);
    REQUIRE(statement->step() == Step::row);
    return statement->text(0);
}

void run_sql(const std::string& file, const std::string& sql) {
    auto database = Database::open({.path = file, .vfs = {}});
    REQUIRE(database);
    REQUIRE(database->execute(sql.c_str()));
}

TEST_CASE("a second opener is refused with the file's name and the holder's number") {
    Folder folder;
    Bench bench(folder.url());

    const auto second = open(folder.url(), {.is_inline = true}, bench.metrics(), bench.clock());

    REQUIRE_FALSE(second.has_value());
    CHECK(second.fault().kind == FaultKind::conflict);
    CHECK(second.fault().detail.find(folder.file()) != std::string::npos);
    CHECK(second.fault().detail.find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("a second opener is refused by whatever name it comes, lock file or not") {
    Folder folder;
    Bench bench(folder.url());
    const std::string link = folder.file() + ".link", other = folder.file() + ".other";
    std::filesystem::create_symlink(folder.file(), link);
    std::filesystem::create_hard_link(folder.file(), other);

    // In a process of its own: to close the file would end the locks SQLite has in this one.
    const auto is_refused = [](const std::string& file) {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(FileLock::take(file).has_value() ? 1 : 0);
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    };
    const auto through_link =
        open("sqlite:" + link, {.is_inline = true}, bench.metrics(), bench.clock());
    REQUIRE_FALSE(through_link.has_value());
    CHECK(through_link.fault().kind == FaultKind::conflict);
    CHECK(through_link.fault().detail.find(std::to_string(::getpid())) != std::string::npos);
    CHECK(is_refused(other));
    REQUIRE(std::filesystem::remove(folder.file() + ".lock"));
    CHECK(is_refused(folder.file()));
    CHECK_FALSE(is_refused(folder.file() + ".new"));
}

TEST_CASE("files that are removed or replaced under a store are noticed: nothing more is taken") {
    for (const char* which : {"", "-wal"}) {
        CAPTURE(which);
        Folder folder;
        Bench bench(folder.url());
        const std::string file = folder.file() + which;
        REQUIRE(bench.commit(PutPublication{.row = publication(1), .expected_tag = {}}) ==
                Outcome::committed);

        std::filesystem::rename(file, file + ".away");
        bench.clock().advance(2s);
        bench.loop().turn(0ms);
        CHECK_FALSE(bench.store().is_writable());
        CHECK(bench.commit(PutPublication{.row = publication(2), .expected_tag = {}}) ==
              Outcome::unavailable);

        std::filesystem::rename(file + ".away", file);
        bench.clock().advance(2s);
        bench.loop().turn(0ms);
        CHECK(bench.store().is_writable());
        CHECK(bench.commit(PutPublication{.row = publication(2), .expected_tag = {}}) ==
              Outcome::committed);
    }
}

TEST_CASE("an empty or missing database beside a full log is no empty store") {
    for (const bool is_missing : {false, true}) {
        CAPTURE(is_missing);
        Folder folder;
        { std::ofstream(folder.file() + "-wal") << "a log"; }
        if (!is_missing) std::ofstream(folder.file()).flush();
        base::Metrics metrics;
        const base::ManualClock clock;

        const auto opened = open(folder.url(), {.is_inline = true}, metrics, clock);

        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.fault().detail.find(folder.file() + " is missing or empty") !=
              std::string::npos);
        CHECK(std::filesystem::file_size(folder.file() + "-wal") == 5);
    }
}

TEST_CASE("a fault of recovery names the file") {
    Folder folder;
    {
        Bench bench(folder.url());
        bench.commit(
            PutAccount{{.aor = "sip:alice@example.com", .username = "alice", .realm = "a"}});
        REQUIRE(bench.close());
    }
    run_sql(folder.file(), "UPDATE accounts SET role = 99");
    Bench bench(folder.url());
    Recovered rows;

    const Status done = bench.store().recover(rows);

    REQUIRE_FALSE(done);
    CHECK(done.fault().detail.find(folder.file()) != std::string::npos);
    CHECK(done.fault().detail.find("sip:alice@example.com: no such role") != std::string::npos);
}

TEST_CASE("a fault of recovery names the row whose record cannot be read, and the column") {
    for (const char* column : {"cseqs", "mark", "record"}) {
        Folder folder;
        {
            Bench bench(folder.url());
            bench.commit(PutSubscription{.row = subscription(77), .replaces = {}});
            REQUIRE(bench.close());
        }
        const std::string name = column;
        run_sql(folder.file(), "UPDATE subscriptions SET " + name + " = substr(" + name +
                                   ", 1, length(" + name + ") - 1)");
        Bench bench(folder.url());
        Recovered rows;

        const Status done = bench.store().recover(rows);

        REQUIRE_FALSE(done);
        CHECK(done.fault().detail.find("subscriptions row 77: its " + name + " cannot be read") !=
              std::string::npos);
    }
}

TEST_CASE("a closed store can be opened again, its log is gone, its file is private") {
    Folder folder;
    {
        Bench bench(folder.url(), kThreaded);
        bench.commit(PutPublication{.row = publication(1), .expected_tag = {}});
        REQUIRE(bench.close());
    }
    CHECK_FALSE(std::filesystem::exists(folder.file() + "-wal"));
    struct stat facts {};
    REQUIRE(::stat(folder.file().c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);

    Bench bench(folder.url(), kThreaded);
    CHECK(bench.recover().publications.size() == 1);
}

TEST_CASE("missing folders are made") {
    Folder folder;
    const std::string url = "sqlite:" + folder.file() + ".d/deep/herald.db";

    Bench bench(url);

    CHECK(std::filesystem::exists(folder.file() + ".d/deep/herald.db"));
}

TEST_CASE("another program's database is left alone") {
    Folder folder;
    run_sql(folder.file(), "CREATE TABLE songs (name TEXT)");
    base::Metrics metrics;
    base::ManualClock clock;

    const auto opened = open(folder.url(), {.is_inline = true}, metrics, clock);

    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.fault().kind == FaultKind::invalid_configuration);
    CHECK(text_of("SELECT count(*) FROM sqlite_master", folder.file()) == "1");
}

TEST_CASE("a file that is no database is left alone") {
    Folder folder;
    std::ofstream(folder.file()) << "these are not the bytes of a database, but they are some\n";
    base::Metrics metrics;
    base::ManualClock clock;

    const auto opened = open(folder.url(), {.is_inline = true}, metrics, clock);

    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.fault().kind == FaultKind::io);
}

TEST_CASE("a store that needs a newer program is refused, one that merely knows more is not") {
    Folder folder;
    { Bench bench(folder.url()); }
    run_sql(folder.file(), "INSERT INTO migrations VALUES (9001, '9001_more.sql', 1, 0)");
    { Bench bench(folder.url()); }
    run_sql(folder.file(), "INSERT INTO migrations VALUES (9002, '9002_other.sql', 9002, 0)");
    base::Metrics metrics;
    base::ManualClock clock;

    const auto opened = open(folder.url(), {.is_inline = true}, metrics, clock);

    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.fault().kind == FaultKind::invalid_configuration);
    CHECK(opened.fault().detail.find("newer") != std::string::npos);
}

TEST_CASE("migrations are applied once, in order, and a broken one leaves nothing") {
    auto database = Database::open({.path = ":memory:", .vfs = {}});
    REQUIRE(database);
    const base::EmbeddedFile first{"0001_a.sql", "-- min_reader: 1\nCREATE TABLE a (x INTEGER);"};
    const base::EmbeddedFile second{"0002_b.sql", "INSERT INTO a VALUES (1);"};
    const base::EmbeddedFile broken{"0003_c.sql", "INSERT INTO a VALUES (2); INSERT INTO nope;"};
    const base::EmbeddedFile all[] = {first, second, broken};

    REQUIRE(migrate(*database, std::span(all, 1), {}));
    REQUIRE(migrate(*database, std::span(all, 2), {}));
    REQUIRE(migrate(*database, std::span(all, 2), {}));
    const auto failed = migrate(*database, all, {});

    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.fault().detail.find("0003_c.sql") != std::string::npos);
    CHECK(*database->query("SELECT count(*) FROM a") == 1);
    CHECK(*database->query("SELECT max(number) FROM migrations") == 2);
    CHECK(*database->query("SELECT max(min_reader) FROM migrations") == 2);
}

TEST_CASE("migrations use only words that both databases read alike") {
    for (const base::EmbeddedFile& file : migrations_for(Dialect::sqlite)) {
        for (const char* word : {"AUTOINCREMENT", "WITHOUT ROWID", "PRAGMA", "datetime(", "`"}) {
            CHECK_MESSAGE(file.text.find(word) == std::string_view::npos, file.name, word);
        }
    }
}

TEST_CASE("a thread commits what a loop hands over, and all of it is there afterwards") {
    Folder folder;
    constexpr std::uint64_t kRows = 3'000;
    {
        Bench bench(folder.url(), kThreaded);
        std::vector<Change> changes;
        for (std::uint64_t id = 1; id <= kRows; ++id) {
            changes.emplace_back(PutPublication{.row = publication(id), .expected_tag = {}});
        }
        const auto outcomes = bench.commit_all(std::move(changes));
        CHECK(outcomes == std::vector<Outcome>(kRows, Outcome::committed));
    }
    Bench bench(folder.url(), kThreaded);
    CHECK(bench.recover().publications.size() == kRows);
}

TEST_CASE("what was collected when the store closes is committed") {
    Folder folder;
    {
        Bench bench(folder.url(), kThreaded);
        bench.port().commit(PutPublication{.row = publication(7), .expected_tag = {}},
                            [](Outcome) {});
        REQUIRE(bench.close());
    }
    Bench bench(folder.url());
    CHECK(bench.recover().publications.count(7) == 1);
}

TEST_CASE("the log is copied back beside the lane and starts over") {
    Folder folder;
    std::uint64_t longest = 0;
    {
        Bench bench(folder.url(), kThreaded);
        std::vector<std::string> tags(401, "tag-1");
        for (std::uint64_t id = 1; id <= 400; ++id) {
            bench.commit(PutPublication{.row = publication(id), .expected_tag = {}});
        }
        for (int round = 0; round < 120; ++round) {
            std::vector<Change> changes;
            for (std::uint64_t id = 1; id <= 400; ++id) {
                Publication row = publication(id, "tag-" + std::to_string(round));
                row.body.assign(3000, static_cast<char>('a' + round % 26));
                changes.emplace_back(
                    PutPublication{.row = std::move(row), .expected_tag = tags[id]});
                tags[id] = "tag-" + std::to_string(round);
            }
            const auto outcomes = bench.commit_all(std::move(changes));
            REQUIRE(outcomes == std::vector<Outcome>(400, Outcome::committed));
            longest = std::max(longest, std::filesystem::file_size(folder.file() + "-wal"));
        }
        // 120 rounds write nearly 200 MB.
        CHECK(longest < 120'000'000);
        CHECK(bench.metric("herald_store_wal_bytes") < 120e6);
        CHECK(std::filesystem::file_size(folder.file()) > 1'000'000);
    }
    Bench bench(folder.url());
    const auto rows = bench.recover().publications;
    CHECK(rows.size() == 400);
    CHECK(rows.at(400).entity_tag == "tag-119");
}

}  // namespace
}  // namespace herald::store::sqlite_test
