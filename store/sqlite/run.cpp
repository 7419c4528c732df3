// store/sqlite/run.cpp: the facts of a store, and the start and end of each run of the process that
// uses it.
#include "store/sqlite/run.h"

#include <string>

#include "store/rows.h"
#include "store/sqlite/sqlite_reader.h"

namespace herald::store {
namespace {

Status make_facts(Database& database, base::WallTime now) {
    auto facts = database.prepare(
        "INSERT INTO facts (id, bucket_key, lasting_key, epoch, is_clean) VALUES (1, ?1, ?2, 0, 1)"
        " ON CONFLICT DO NOTHING");
    if (!facts) return facts.fault();
    const std::string bucket_key = bytes_of(base::random_key());
    const std::string lasting_key = bytes_of(base::random_key());
    if (facts->bind(Blob{bucket_key}, Blob{lasting_key}).run() != Step::done) {
        return database.fault();
    }
    auto lane = database.prepare(
        "INSERT INTO lanes (id, sequence, alive_at, next_id) VALUES (1, 0, ?1, 1)"
        " ON CONFLICT DO NOTHING");
    if (!lane) return lane.fault();
    if (lane->bind(now).run() != Step::done) return database.fault();
    return {};
}

Result<Home> read_home(Database& database) {
    auto statement = database.prepare(
        "SELECT bucket_key, lasting_key, epoch, is_clean, (SELECT max(alive_at) FROM lanes)"
        " FROM facts");
    if (!statement) return statement.fault();
    if (statement->step() != Step::row) return database.fault();
    const std::string bucket_key = statement->text(0);
    const std::string lasting_key = statement->text(1);
    Home home;
    const auto buckets = key_of(bucket_key);
    if (!buckets) return buckets.fault();
    const auto lasting = key_of(lasting_key);
    if (!lasting) return lasting.fault();
    home.bucket_key = *buckets;
    home.lasting_key = *lasting;
    home.epoch = statement->number32(2);
    home.was_clean = statement->integer(3) != 0;
    home.last_alive = statement->time(4);
    return home;
}

Result<Home> read_and_raise(Database& database, base::WallTime now) {
    if (auto made = make_facts(database, now); !made) return made.fault();
    auto home = read_home(database);
    if (!home) return home.fault();
    const auto next_id = read_next_id(database);
    if (!next_id) return next_id.fault();
    home->next_id = *next_id;
    ++home->epoch;
    auto raise = database.prepare("UPDATE facts SET epoch = ?1, is_clean = 0");
    if (!raise) return raise.fault();
    if (raise->bind(home->epoch).run() != Step::done) return database.fault();
    return home;
}

}  // namespace

Result<Home> start_run(Database& database, base::WallTime now) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.fault();
    auto home = read_and_raise(database, now);
    if (!home) {
        (void)database.execute("ROLLBACK");
        return home.fault();
    }
    if (auto committed = database.execute("COMMIT"); !committed) return committed.fault();
    return home;
}

Status adopt_home(Database& database, const Home& home) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto facts = database.prepare(
        "UPDATE facts SET bucket_key = ?1, lasting_key = ?2, epoch = ?3, is_clean = ?4");
    if (!facts) return facts.fault();
    const std::string bucket_key = bytes_of(home.bucket_key);
    const std::string lasting_key = bytes_of(home.lasting_key);
    facts->bind(Blob{bucket_key}, Blob{lasting_key}, home.epoch, home.was_clean);
    if (facts->run() != Step::done) return database.fault();
    auto lane =
        database.prepare("UPDATE lanes SET alive_at = ?1, next_id = max(next_id, ?2) WHERE id = 1");
    if (!lane) return lane.fault();
    if (lane->bind(home.last_alive, home.next_id).run() != Step::done) return database.fault();
    return database.execute("COMMIT");
}

Status end_run(Database& database, base::WallTime now) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto note = database.prepare("UPDATE lanes SET alive_at = ?1");
    if (!note) return note.fault();
    if (note->bind(now).run() != Step::done) return database.fault();
    if (auto marked = database.execute("UPDATE facts SET is_clean = 1"); !marked) return marked;
    return database.execute("COMMIT");
}

Result<std::uint64_t> last_sequence(Database& database) {
    const auto sequence = database.query("SELECT sequence FROM lanes WHERE id = 1");
    if (!sequence) return sequence.fault();
    return static_cast<std::uint64_t>(*sequence);
}

}  // namespace herald::store
