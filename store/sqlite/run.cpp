// store/sqlite/run.cpp: the facts of a store, and the start and end of each run of the process that
// uses it.
#include "store/sqlite/run.h"

#include <algorithm>
#include <string>

#include "store/row_number.h"
#include "store/rows.h"
#include "store/sqlite/sqlite_reader.h"

namespace herald::store {
namespace {

Status make_facts(Database& database, base::WallTime now) {
    auto facts = database.prepare(
        "INSERT INTO facts (id, bucket_key, lasting_key, epoch, is_clean, numbering)"
        " VALUES (1, ?1, ?2, 0, 1, 1)"
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

Result<Run> read_run(Database& database) {
    auto statement = database.prepare(
        "SELECT bucket_key, lasting_key,"
        " max(epoch, (SELECT coalesce(max(epoch), 0) FROM cells)), is_clean,"
        " (SELECT max(alive_at) FROM lanes), started_at, unsettled_since FROM facts");
    if (!statement) return statement.fault();
    if (statement->step() != Step::row) return database.fault();
    const std::string bucket_key = statement->text(0);
    const std::string lasting_key = statement->text(1);
    Run run;
    auto& home = run.home;
    const auto buckets = key_of(bucket_key);
    if (!buckets) return buckets.fault();
    const auto lasting = key_of(lasting_key);
    if (!lasting) return lasting.fault();
    home.bucket_key = *buckets;
    home.lasting_key = *lasting;
    home.epoch = statement->number32(2);
    home.was_clean = statement->integer(3) != 0;
    home.last_alive = statement->time(4);
    run.starts = {statement->time(5), statement->time(6)};
    return run;
}

Result<Run> read_and_raise(Database& database, base::WallTime now) {
    if (auto made = make_facts(database, now); !made) return made.fault();
    auto run = read_run(database);
    if (!run) return run.fault();
    auto& home = run->home;
    const auto next_id = read_next_id(database);
    if (!next_id) return next_id.fault();
    home.next_id = first_counter(*next_id);
    ++home.epoch;
    // A machine without a clock of its own may think it is 1970.
    now = std::max(now, home.last_alive);
    run->starts = next_start(run->starts, now);
    auto raise = database.prepare(
        "UPDATE facts SET epoch = ?1, is_clean = 0, started_at = ?2, unsettled_since = ?3");
    if (!raise) return raise.fault();
    raise->bind(home.epoch, now, run->starts.unsettled_since);
    if (raise->run() != Step::done) return database.fault();
    auto take = database.prepare("UPDATE lanes SET next_id = ?1 WHERE id = 1");
    if (!take) return take.fault();
    if (take->bind(end_of_block(home.next_id)).run() != Step::done) return database.fault();
    return run;
}

}  // namespace

Result<Run> start_run(Database& database, base::WallTime now) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.fault();
    auto run = read_and_raise(database, now);
    if (!run) {
        (void)database.execute("ROLLBACK");
        return run.fault();
    }
    if (auto committed = database.execute("COMMIT"); !committed) return committed.fault();
    return run;
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
