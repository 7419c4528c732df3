// store/sqlite/sqlite_reader.cpp: streams what is in the database to whoever rebuilds memory from
// it.
#include "store/sqlite/sqlite_reader.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "store/rows.h"
#include "store/sqlite/row_io.h"

namespace herald::store {
namespace {

/// What is read, and when: tombstones end.
struct Reading {
    RowFilter wanted;
    base::WallTime now{};
};

/// Calls `take` for each row until it returns a fault.
template <class Take>
Status for_each(Database& database, Result<Statement> statement, Take take) {
    if (!statement) return statement.fault();
    for (;;) {
        const Step step = statement->step();
        if (step == Step::done) return {};
        if (step != Step::row) return database.fault();
        if (Status taken = take(*statement); !taken) return taken;
    }
}

/// Reads rows of a table into one record, whose memory is used again.
template <class Table, class Take>
Status for_each_row(Database& database, const RowFilter& wanted, Take take) {
    typename Table::Record row{};
    return for_each(database, database.prepare(select_from<Table>(wanted)), [&](Statement& from) {
        auto read = read_row<Table>(from, row);
        if (read) take(row);
        return read;
    });
}

/// The newest tombstone of every row that is gone. `row` says what all of them have in common.
template <class Marks, class Live, class Take>
Status for_each_mark(Database& database, const Reading& reading, typename Marks::Record row,
                     Take take) {
    auto marks = database.prepare(select_marks<Marks, Live>(reading.wanted, "?1"));
    if (marks) marks->bind(reading.now);
    std::unordered_set<std::uint64_t> seen;
    return for_each(database, std::move(marks), [&](Statement& from) {
        auto read = read_row<Marks>(from, row);
        if (read && seen.insert(row.id).second) take(row);
        return read;
    });
}

Status recover_aliases(Database& database, RecoverySink& sink) {
    return for_each_row<tables::Aliases>(database, {},
                                         [&](const Alias& row) { sink.on_alias(row); });
}

Status recover_accounts(Database& database, RecoverySink& sink) {
    return for_each_row<tables::Accounts>(
        database, {}, [&](const AccountRow& row) { sink.on_account(decode(row)); });
}

Status recover_policies(Database& database, RecoverySink& sink) {
    return for_each_row<tables::Policies>(database, {},
                                          [&](const Policy& row) { sink.on_policy(row); });
}

Status recover_audit(Database& database, RecoverySink& sink) {
    auto statement = database.prepare(select_from<tables::Audit>() + " ORDER BY id");
    return for_each(database, std::move(statement), [&sink](Statement& from) {
        AuditEntry row;
        auto read = read_row<tables::Audit>(from, row);
        if (read) sink.on_audit(std::move(row));
        return read;
    });
}

Status recover_publications(Database& database, const Reading& reading, RecoverySink& sink) {
    const auto take = [&](Publication& row) { sink.on_publication(std::move(row)); };
    auto live = for_each_row<tables::Publications>(database, reading.wanted, take);
    if (!live) return live;
    Publication mark;
    mark.is_removed = true;
    return for_each_mark<tables::PublicationMarks, tables::Publications>(database, reading, mark,
                                                                         take);
}

Status recover_subscriptions(Database& database, const Reading& reading, RecoverySink& sink) {
    const auto take = [&](const Subscription& row) { sink.on_subscription(row); };
    auto live = for_each_row<tables::Subscriptions>(database, reading.wanted, take);
    if (!live) return live;
    Subscription mark;
    mark.state = Subscription::State::terminated;
    return for_each_mark<tables::SubscriptionMarks, tables::Subscriptions>(database, reading, mark,
                                                                           take);
}

Status recover_messages(Database& database, const RowFilter& wanted, RecoverySink& sink) {
    auto statement = database.prepare(select_from<tables::MessageHeads>(wanted) + " ORDER BY id");
    return for_each(database, std::move(statement), [&sink](Statement& from) {
        Message row;
        auto read = read_row<tables::MessageHeads>(from, row);
        if (read) sink.on_message(std::move(row));
        return read;
    });
}

Status drop_confirmations(Database& database, const std::vector<std::uint64_t>& orphans) {
    if (orphans.empty()) return {};
    auto statement = database.prepare("DELETE FROM confirmations WHERE id = ?1");
    if (!statement) return statement.fault();
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
    for (const std::uint64_t id : orphans) {
        if (statement->bind(row_key(id)).run() == Step::done) continue;
        const Fault fault = database.fault();
        (void)database.execute("ROLLBACK");
        return fault;
    }
    return database.execute("COMMIT");
}

Status recover_confirmations(Database& database, const RowFilter& wanted, RecoverySink& sink) {
    std::vector<std::uint64_t> orphans;
    auto live =
        for_each_row<tables::Confirmations>(database, wanted, [&](const ConfirmationRow& one) {
            if (!sink.on_confirmation(one.row)) orphans.push_back(one.id);
        });
    if (!live) return live;
    return drop_confirmations(database, orphans);
}

/// What belongs to cells: those of one, or of all.
Status recover_cells(Database& database, const Reading& reading, RecoverySink& sink) {
    if (auto done = recover_publications(database, reading, sink); !done) return done;
    if (auto done = recover_subscriptions(database, reading, sink); !done) return done;
    if (auto done = recover_confirmations(database, reading.wanted, sink); !done) return done;
    return recover_messages(database, reading.wanted, sink);
}

}  // namespace

Status recover(Database& database, base::WallTime now, RecoverySink& sink) {
    if (auto done = recover_aliases(database, sink); !done) return done;
    if (auto done = recover_accounts(database, sink); !done) return done;
    if (auto done = recover_policies(database, sink); !done) return done;
    if (auto done = recover_audit(database, sink); !done) return done;
    return recover_cells(database, {{}, now}, sink);
}

Status recover(Database& database, base::WallTime now, Cell cell, RecoverySink& sink) {
    return recover_cells(database, {is_of(cell), now}, sink);
}

Result<Message> read_message(Database& database, std::uint64_t id) {
    auto statement = database.prepare(select_from<tables::Messages>() + " WHERE id = ?1");
    if (!statement) return statement.fault();
    const Step step = statement->bind(row_key(id)).step();
    if (step == Step::done) return Fault{FaultKind::not_found, "There is no such message"};
    if (step != Step::row) return database.fault();
    Message row;
    if (auto read = read_row<tables::Messages>(*statement, row); !read) return read.fault();
    return row;
}

Result<std::vector<Token>> read_tokens(Database& database) {
    std::vector<Token> tokens;
    auto read = for_each_row<tables::Tokens>(database, {},
                                             [&](const Token& row) { tokens.push_back(row); });
    if (!read) return read.fault();
    std::sort(tokens.begin(), tokens.end(),
              [](const Token& a, const Token& b) { return a.name < b.name; });
    return tokens;
}

Result<std::uint64_t> read_next_id(Database& database) {
    const auto next = database.query("SELECT coalesce(max(next_id), 1) FROM lanes");
    if (!next) return next.fault();
    return static_cast<std::uint64_t>(*next);
}

}  // namespace herald::store
