// store/sqlite/renumber.cpp: gives the rows of an older store the numbers of today.
//
// A table is changed from its end, a part a transaction, each of which notes how far it came: a
// start that is cut off goes on there.
#include "store/sqlite/renumber.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/numbering.h"
#include "store/sqlite/row_key.h"
#include "store/sqlite/transaction.h"

namespace herald::store {
namespace {

/// Rows of one transaction, which are in memory until it is committed.
constexpr std::uint64_t kAtOnce = 10'000;

struct Move {
    std::int64_t key = 0;
    std::uint64_t to = 0;  ///< what `id` becomes
};

/// The next rows of a table: what is to move, and the key of the last of them.
struct Part {
    std::vector<Move> moves;
    std::optional<std::int64_t> last;  ///< none: that was all
};

/// A table, read and changed a part at a time.
struct Plan {
    std::string name;
    std::string select;  ///< as NumberedTable::select(); of those beyond ?1, so many as ?2
    std::string update;  ///< of the row ?1, to the id ?2
    std::int64_t from = 0;
};

/// From its end: a key becomes a thousand times what it was, where all is free that was not moved
/// yet.
Plan plan_of_counted(const NumberedTable& table) {
    const std::string name(table.name), key(table.key);
    return {name, table.select() + " WHERE " + key + " < ?1 ORDER BY " + key + " DESC LIMIT ?2",
            "UPDATE " + name + " SET id = ?2 WHERE " + key + " = ?1",
            std::numeric_limits<std::int64_t>::max()};
}

/// Their numbers were hashes of 64 bits. Where two become the same one goes, and its watchers are
/// told once more. What one becomes follows from what it is about, so doing it twice is doing it
/// once.
Plan plan_of_confirmations(const NumberedTable& table) {
    return {std::string(table.name), table.select() + " WHERE id > ?1 ORDER BY id LIMIT ?2",
            "UPDATE OR REPLACE confirmations SET id = ?2 WHERE id = ?1",
            std::numeric_limits<std::int64_t>::min()};
}

Result<Part> read_part(Database& database, const Plan& plan, const Home& home, std::int64_t from) {
    auto rows = database.prepare(plan.select);
    if (!rows) return rows.fault();
    rows->bind(from, kAtOnce);
    Part part;
    for (;;) {
        const Step step = rows->step();
        if (step == Step::done) return part;
        if (step != Step::row) return database.fault();
        const auto id = rows->number(1);
        const auto number = new_number(home, id, rows->text(2), rows->text(3));
        part.last = rows->integer(0);
        if (row_key(number) != id) part.moves.push_back({*part.last, row_key(number)});
    }
}

/// How far each table has come, until all have.
constexpr const char* kBegin =
    "CREATE TABLE IF NOT EXISTS renumbering (name TEXT PRIMARY KEY, last INTEGER NOT NULL)";
constexpr std::string_view kEnd = "; DROP TABLE renumbering";

/// Where to go on with a table.
Result<std::int64_t> beginning_of(Database& database, const Plan& plan) {
    auto row = database.prepare("SELECT last FROM renumbering WHERE name = ?1");
    if (!row) return row.fault();
    const Step step = row->bind(std::string_view(plan.name)).step();
    if (step == Step::done) return plan.from;
    if (step != Step::row) return database.fault();
    return row->integer(0);
}

Status make(Database& database, const Plan& plan, const Part& part) {
    auto update = database.prepare(plan.update);
    if (!update) return update.fault();
    for (const auto& move : part.moves) {
        if (update->bind(move.key, move.to).run() != Step::done) return database.fault();
    }
    auto note = database.prepare("INSERT OR REPLACE INTO renumbering (name, last) VALUES (?1, ?2)");
    if (!note) return note.fault();
    const auto noted = note->bind(std::string_view(plan.name), *part.last).run();
    return noted == Step::done ? Status() : Status(database.fault());
}

class FileRenumbering final : public Renumbering {
public:
    explicit FileRenumbering(Database& database) : database_(database) {}

    Result<std::optional<Home>> keys() override {
        auto facts = database_.prepare("SELECT numbering, bucket_key, lasting_key FROM facts");
        if (!facts) return facts.fault();
        const Step step = facts->step();
        if (step == Step::done) return std::optional<Home>();
        if (step != Step::row) return database_.fault();
        if (facts->integer(0) != 0) return std::optional<Home>();
        return home_with(facts->text(1), facts->text(2));
    }
    Status begin() override { return database_.execute(kBegin); }

    Result<std::uint64_t> move_rows(const NumberedTable& table, const Home& home) override {
        const auto plan =
            table.is_counted() ? plan_of_counted(table) : plan_of_confirmations(table);
        auto from = beginning_of(database_, plan);
        if (!from) return from.fault();
        for (std::uint64_t moved = 0;;) {
            const auto part = read_part(database_, plan, home, *from);
            if (!part) return part.fault();
            if (!part->last) return moved;
            from = *part->last;
            auto made = in_transaction(database_, [&] { return make(database_, plan, *part); });
            if (!made) return made.fault();
            // The log begins anew, however many rows there are.
            if (const auto copied = database_.checkpoint(); !copied) return copied.fault();
            moved += part->moves.size();
        }
    }

    Status end() override {
        const std::string end =
            numbered_sql("id >> " + std::to_string(kBucketBits)) + std::string(kEnd);
        return in_transaction(database_, [&] { return database_.execute(end.c_str()); });
    }

private:
    Database& database_;
};

}  // namespace

Status renumber(Database& database) {
    FileRenumbering renumbering(database);
    return renumber(renumbering);
}

}  // namespace herald::store
