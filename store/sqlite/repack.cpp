// store/sqlite/repack.cpp: packs the rows of an older file.
//
// A part of a table is moved in a transaction: a start that is cut off goes on with what is left.
#include "store/sqlite/repack.h"

#include <cstdint>
#include <string>

#include "store/repacking.h"
#include "store/sqlite/row_io.h"
#include "store/sqlite/row_sql.h"
#include "store/sqlite/transaction.h"

namespace herald::store {
namespace {

/// Rows of one transaction, which are in memory until it is committed.
constexpr std::uint64_t kMovedAtOnce = 10'000;

Result<bool> has_table(Database& database, const std::string& name) {
    const auto count = database.query(
        ("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '" + name + "'")
            .c_str());
    if (!count) return count.fault();
    return *count > 0;
}

/// What was read of a table.
struct Moved {
    std::uint64_t rows = 0;
    std::int64_t last = 0;  ///< key
};

/// Writes the first rows of a table into the other one.
template <class Way>
Result<Moved> copy_part(Database& database) {
    auto from = database.prepare(select_from<typename Way::From>() + " ORDER BY " + Way::key() +
                                 " LIMIT ?1");
    if (!from) return from.fault();
    auto to = database.prepare(insert_sql<typename Way::To>());
    if (!to) return to.fault();
    typename Way::From::Record row{};
    Moved moved;
    from->bind(kMovedAtOnce);
    Step step = from->step();
    for (; step == Step::row; step = from->step()) {
        auto read = read_row<typename Way::From>(*from, row);
        if (!read) return read.fault();
        if (bind_row<typename Way::To>(*to, row).run() != Step::done) return database.fault();
        ++moved.rows;
        moved.last = from->integer(0);
    }
    if (step != Step::done) return database.fault();
    return moved;
}

/// How many rows were moved; 0: there are none left.
template <class Way>
Result<std::uint64_t> move_part(Database& database) {
    const auto moved = copy_part<Way>(database);
    if (!moved) return moved.fault();
    auto erase = database.prepare("DELETE FROM " + Way::name() + " WHERE " + Way::key() + " <= ?1");
    if (!erase) return erase.fault();
    if (moved->rows > 0 && erase->bind(moved->last).run() != Step::done) return database.fault();
    return moved->rows;
}

template <class Way>
Status move_rows(Database& database, RepackLog& log) {
    for (;;) {
        const auto moved = in_transaction(database, [&] { return move_part<Way>(database); });
        if (!moved) return moved.fault();
        if (*moved == 0) return {};
        log.note(*moved);
        // SQLite's log begins anew, however many rows there are.
        if (const auto copied = database.checkpoint(); !copied) return copied.fault();
    }
}

template <class Way>
Status replace_table(Database& database) {
    const std::string replace = "DROP TABLE " + Way::name() + "; ALTER TABLE " +
                                Way::coming_name() + " RENAME TO " + Way::name();
    return in_transaction(database, [&] { return database.execute(replace.c_str()); });
}

template <class Way>
Status move_table(Database& database, RepackLog& log) {
    const auto is_coming = has_table(database, Way::coming_name());
    if (!is_coming) return is_coming.fault();
    if (!*is_coming) return {};
    auto moved = move_rows<Way>(database, log);
    return moved ? replace_table<Way>(database) : moved;
}

}  // namespace

Status repack(Database& database) {
    return repack_each(
        [&](auto way, RepackLog& log) { return move_table<decltype(way)>(database, log); });
}

}  // namespace herald::store
