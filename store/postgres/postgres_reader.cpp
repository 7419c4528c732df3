// store/postgres/postgres_reader.cpp: streams what is in the database to whoever rebuilds memory
// from it.
#include "store/postgres/postgres_reader.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "store/postgres/copy.h"

namespace herald::store {
namespace {

/// Reads all rows of a SELECT into one record, whose memory is used again.
template <class Table, class Take>
Status for_each_row(Session& session, const std::string& select, typename Table::Record row,
                    Take take) {
    return copy_out(session, select, [&](const Fields& fields) {
        auto read = read_fields<Table>(fields, row);
        if (read) take(row);
        return read;
    });
}

template <class Table, class Take>
Status for_each_row(Session& session, Take take) {
    return for_each_row<Table>(session, select_from<Table>(), {}, take);
}

/// The condition that a row is of this cell.
std::string is_of(Cell cell) {
    const auto rows = rows_of(cell);
    return "id BETWEEN " + std::to_string(rows.first) + " AND " + std::to_string(rows.last);
}

/// What is read, and when: tombstones end.
struct Reading {
    RowFilter wanted;
    base::WallTime now{};
};

/// The newest tombstone of every row that is gone. `row` says what all of them have in common.
template <class Marks, class Live, class Take>
Status for_each_mark(Session& session, const Reading& reading, const typename Marks::Record& row,
                     Take take) {
    const auto until = std::to_string(reading.now.time_since_epoch().count());
    std::unordered_set<std::uint64_t> seen;
    const auto select = select_marks<Marks, Live>(reading.wanted, until);
    return for_each_row<Marks>(session, select, row, [&](auto& mark) {
        if (seen.insert(mark.id).second) take(mark);
    });
}

Status recover_publications(Session& session, const Reading& reading, RecoverySink& sink) {
    const auto take = [&](Publication& row) { sink.on_publication(std::move(row)); };
    auto live = for_each_row<tables::Publications>(
        session, select_from<tables::Publications>(reading.wanted), {}, take);
    if (!live) return live;
    Publication mark;
    mark.is_removed = true;
    return for_each_mark<tables::PublicationMarks, tables::Publications>(session, reading, mark,
                                                                         take);
}

Status recover_subscriptions(Session& session, const Reading& reading, RecoverySink& sink) {
    const auto take = [&](const Subscription& row) { sink.on_subscription(row); };
    auto live = for_each_row<tables::Subscriptions>(
        session, select_from<tables::Subscriptions>(reading.wanted), {}, take);
    if (!live) return live;
    Subscription mark;
    mark.state = Subscription::State::terminated;
    return for_each_mark<tables::SubscriptionMarks, tables::Subscriptions>(session, reading, mark,
                                                                           take);
}

Status recover_confirmations(Session& session, const RowFilter& wanted, RecoverySink& sink) {
    std::string orphans;
    const auto select = select_from<tables::Confirmations>(wanted);
    auto live = for_each_row<tables::Confirmations>(session, select, {}, [&](const auto& one) {
        if (sink.on_confirmation(one.row)) return;
        orphans += orphans.empty() ? "" : ", ";
        orphans += std::to_string(static_cast<std::int64_t>(one.id));
    });
    if (!live || orphans.empty()) return live;
    return session.execute("DELETE FROM confirmations WHERE id = ANY ('{" + orphans +
                           "}'::bigint[])");
}

Status recover_messages(Session& session, const RowFilter& wanted, RecoverySink& sink) {
    return for_each_row<tables::MessageHeads>(
        session, select_from<tables::MessageHeads>(wanted) + " ORDER BY id", {},
        [&](const Message& row) { sink.on_message(row); });
}

/// What belongs to cells: those of one, or of all.
Status recover_cells(Session& session, const Reading& reading, RecoverySink& sink) {
    if (auto done = recover_publications(session, reading, sink); !done) return done;
    if (auto done = recover_subscriptions(session, reading, sink); !done) return done;
    if (auto done = recover_confirmations(session, reading.wanted, sink); !done) return done;
    return recover_messages(session, reading.wanted, sink);
}

Status recover_all(Session& session, base::WallTime now, RecoverySink& sink) {
    auto done =
        for_each_row<tables::Aliases>(session, [&](const Alias& row) { sink.on_alias(row); });
    if (!done) return done;
    done = for_each_row<tables::Accounts>(
        session, [&](const AccountRow& row) { sink.on_account(decode(row)); });
    if (!done) return done;
    done = for_each_row<tables::Policies>(session, [&](const Policy& row) { sink.on_policy(row); });
    if (!done) return done;
    done = for_each_row<tables::Audit>(session, select_from<tables::Audit>() + " ORDER BY id", {},
                                       [&](const AuditEntry& row) { sink.on_audit(row); });
    if (!done) return done;
    return recover_cells(session, {{}, now}, sink);
}

/// `work` in a transaction in which more than look-ups by number are planned.
template <class Work>
Status in_transaction(Session& session, const char* plans, Work work) {
    if (auto begun = session.execute(std::string("BEGIN; ") + plans); !begun) return begun;
    auto done = work();
    const auto ended = session.execute(done ? "COMMIT" : "ROLLBACK");
    return done ? ended : done;
}

}  // namespace

Status recover(Session& session, base::WallTime now, RecoverySink& sink) {
    // Whole tables are read here, and only here.
    constexpr const char* kWhole =
        "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on;"
        " SET LOCAL enable_bitmapscan = on; SET LOCAL enable_sort = on";
    return in_transaction(session, kWhole, [&] { return recover_all(session, now, sink); });
}

Status recover(Session& session, base::WallTime now, Cell cell, RecoverySink& sink) {
    return in_transaction(session, "SET LOCAL enable_bitmapscan = on", [&] {
        return recover_cells(session, {is_of(cell), now}, sink);
    });
}

Result<Message> read_message(Session& session, std::uint64_t id) {
    Message row;
    bool is_found = false;
    const std::string select = select_from<tables::Messages>() +
                               " WHERE id = " + std::to_string(static_cast<std::int64_t>(id));
    const auto read = for_each_row<tables::Messages>(session, select, {}, [&](Message& found) {
        row = std::move(found);
        is_found = true;
    });
    if (!read) return read.fault();
    if (!is_found) return Fault{FaultKind::not_found, "There is no such message"};
    return row;
}

Result<std::vector<Token>> read_tokens(Session& session) {
    std::vector<Token> tokens;
    const auto read =
        for_each_row<tables::Tokens>(session, [&](const Token& row) { tokens.push_back(row); });
    if (!read) return read.fault();
    std::sort(tokens.begin(), tokens.end(),
              [](const Token& a, const Token& b) { return a.name < b.name; });
    return tokens;
}

}  // namespace herald::store
