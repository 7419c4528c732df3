// store/sqlite/sqlite_writer.cpp: one change as SQL, with all statements prepared.
#include "store/sqlite/sqlite_writer.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "store/sqlite/row_io.h"

namespace herald::store {
namespace {

constexpr std::string_view kRefreshPublication =
    "UPDATE publications SET entity_tag = ?2, expires_at = ?3, granted = ?4, mark_call_id = ?5,"
    " mark_cseq = ?6, mark_branch = ?7 WHERE id = ?1 AND entity_tag = ?8";

constexpr std::string_view kTouchSubscription =
    "UPDATE subscriptions SET state = ?2, expires_at = ?3, granted = ?4, change = ?5,"
    " remote_cseq = ?6, cseq_base = ?7, epoch = ?8,"
    " mark_call_id = iif(?12, mark_call_id, nullif(?9, call_id)),"
    " mark_cseq = iif(?12, mark_cseq, ?10), mark_branch = iif(?12, mark_branch, ?11) WHERE id = ?1";

constexpr std::string_view kFinishMessage =
    "UPDATE messages SET is_done = 1, keep_until = ?2, headers = '', body = x'' WHERE id = ?1";

// The oldest by number: numbers rise with time, so no index is needed to find them.
constexpr std::string_view kSweepPublications =
    "DELETE FROM publication_marks WHERE keep_until <= ?1 AND sequence <"
    " (SELECT min(sequence) FROM publication_marks) + ?2";
constexpr std::string_view kSweepSubscriptions =
    "DELETE FROM subscription_marks WHERE keep_until <= ?1 AND sequence <"
    " (SELECT min(sequence) FROM subscription_marks) + ?2";
constexpr std::string_view kNextSweep =
    "SELECT min(keep_until) FROM"
    " (SELECT keep_until FROM (SELECT keep_until FROM publication_marks ORDER BY sequence LIMIT ?1)"
    " UNION ALL"
    " SELECT keep_until FROM (SELECT keep_until FROM subscription_marks ORDER BY sequence LIMIT "
    "?1))";

// Tombstones looked at by one sweep, besides twice the number written since the last one.
constexpr std::uint64_t kSweep = 1000;
constexpr auto kSweepPause = std::chrono::seconds(1);

std::string parameter(std::size_t place) {
    return "?" + std::to_string(place);
}

/// All columns of a row.
template <class Table>
std::string insert_sql(std::string_view how) {
    const auto names = column_names<Table>();
    return std::string(how) + " INTO " + std::string(Table::name) + " (" + listed(names) +
           ") VALUES (" +
           listed(names, [](std::string_view, std::size_t place) { return parameter(place); }) +
           ")";
}

template <class Table>
std::string put_sql() {
    return insert_sql<Table>("INSERT OR REPLACE");
}

/// All columns of the row with this number.
template <class Table>
std::string replace_sql() {
    auto names = column_names<Table>();
    names.erase(names.begin());
    return "UPDATE " + std::string(Table::name) + " SET " +
           listed(names,
                  [](std::string_view name, std::size_t place) {
                      return std::string(name) + " = " + parameter(place + 1);
                  }) +
           " WHERE id = ?1";
}

/// A tombstone of the row ?1: its sequence, keep_until, and the mark in ?4 to ?6.
template <class Marks, class Live>
std::string bury_sql(std::string_view mark_call_id) {
    const auto names = column_names<Marks>();
    const auto value = [&](std::string_view name, std::size_t) -> std::string {
        if (name == "keep_until") return "?3";
        if (name == "mark_call_id") return std::string(mark_call_id);
        if (name == "mark_cseq") return "?5";
        if (name == "mark_branch") return "?6";
        return std::string(name);
    };
    return "INSERT INTO " + std::string(Marks::name) + " (sequence, " + listed(names) +
           ") SELECT ?2, " + listed(names, value) + " FROM " + std::string(Live::name) +
           " WHERE id = ?1";
}

}  // namespace

Result<SqliteWriter> SqliteWriter::prepare(Database& database, const Home& home) {
    SqliteWriter writer;
    writer.database_ = &database;
    writer.home_ = home;
    const struct {
        Statement SqliteWriter::*statement;
        std::string sql;
    } wanted[] = {
        {&SqliteWriter::insert_publication_, put_sql<tables::Publications>()},
        {&SqliteWriter::replace_publication_,
         replace_sql<tables::Publications>() +
             " AND entity_tag = " + parameter(column_names<tables::Publications>().size() + 1)},
        {&SqliteWriter::refresh_publication_, std::string(kRefreshPublication)},
        {&SqliteWriter::mark_publication_,
         bury_sql<tables::PublicationMarks, tables::Publications>("?4") +
             " AND (?7 = '' OR entity_tag = ?7)"},
        {&SqliteWriter::delete_publication_, "DELETE FROM publications WHERE id = ?1"},
        {&SqliteWriter::delete_tagged_publication_,
         "DELETE FROM publications WHERE id = ?1 AND entity_tag = ?2"},
        {&SqliteWriter::save_, "SAVEPOINT together"},
        {&SqliteWriter::undo_, "ROLLBACK TO together"},
        {&SqliteWriter::release_, "RELEASE together"},
        {&SqliteWriter::insert_subscription_, put_sql<tables::Subscriptions>()},
        {&SqliteWriter::update_subscription_, replace_sql<tables::Subscriptions>()},
        {&SqliteWriter::touch_subscription_, std::string(kTouchSubscription)},
        {&SqliteWriter::mark_subscription_,
         bury_sql<tables::SubscriptionMarks, tables::Subscriptions>("nullif(?4, call_id)")},
        {&SqliteWriter::delete_subscription_, "DELETE FROM subscriptions WHERE id = ?1"},
        {&SqliteWriter::put_confirmation_, put_sql<tables::Confirmations>()},
        {&SqliteWriter::delete_confirmation_, "DELETE FROM confirmations WHERE id = ?1"},
        {&SqliteWriter::put_message_, insert_sql<tables::Messages>("INSERT")},
        {&SqliteWriter::finish_message_, std::string(kFinishMessage)},
        {&SqliteWriter::delete_message_, "DELETE FROM messages WHERE id = ?1"},
        {&SqliteWriter::put_account_, put_sql<tables::Accounts>()},
        {&SqliteWriter::delete_account_, "DELETE FROM accounts WHERE aor = ?1"},
        {&SqliteWriter::put_alias_, put_sql<tables::Aliases>()},
        {&SqliteWriter::delete_alias_, "DELETE FROM aliases WHERE aor = ?1"},
        {&SqliteWriter::put_policy_, put_sql<tables::Policies>()},
        {&SqliteWriter::delete_policy_, "DELETE FROM policies WHERE scope = ?1"},
        {&SqliteWriter::put_audit_, put_sql<tables::Audit>()},
        {&SqliteWriter::forget_audit_, "DELETE FROM audit WHERE id < ?1"},
        {&SqliteWriter::put_token_, put_sql<tables::Tokens>()},
        {&SqliteWriter::put_cell_, put_sql<tables::Cells>()},
        {&SqliteWriter::note_,
         "UPDATE lanes SET sequence = ?1, alive_at = ?2, next_id = ?3 WHERE id = 1"},
        {&SqliteWriter::sweep_publications_, std::string(kSweepPublications)},
        {&SqliteWriter::sweep_subscriptions_, std::string(kSweepSubscriptions)},
        {&SqliteWriter::next_sweep_, std::string(kNextSweep)},
    };
    for (const auto& [statement, sql] : wanted) {
        auto prepared = database.prepare(sql);
        if (!prepared) return prepared.fault();
        writer.*statement = std::move(*prepared);
    }
    const auto last = database.query(
        "SELECT max(coalesce((SELECT max(sequence) FROM publication_marks), 0),"
        " coalesce((SELECT max(sequence) FROM subscription_marks), 0))");
    if (!last) return last.fault();
    writer.next_mark_ = static_cast<std::uint64_t>(*last) + 1;
    return writer;
}

Applied SqliteWriter::apply(const Change& change) {
    return Meaning<SqliteWriter>(*this, home_).apply(change);
}

Applied SqliteWriter::run(Statement& statement) {
    const Step step = statement.run();
    if (step == Step::failed) return std::nullopt;
    return step == Step::refused ? Outcome::refused : Outcome::committed;
}

Applied SqliteWriter::run_on_row(Statement& statement) {
    const Applied applied = run(statement);
    if (applied == Outcome::committed && database_->changed() == 0) return Outcome::refused;
    return applied;
}

Applied SqliteWriter::put(const Publication& row) {
    return run(bind_row<tables::Publications>(insert_publication_, row));
}

Applied SqliteWriter::replace(const Publication& row, const std::string& expected_tag) {
    return run_on_row(bind_row<tables::Publications>(replace_publication_, row, expected_tag));
}

Applied SqliteWriter::refresh(const RefreshPublication& change) {
    return run_on_row(refresh_publication_.bind(
        row_key(change.id), change.entity_tag, change.expires_at, change.granted,
        change.mark.call_id, change.mark.cseq, change.mark.branch_hash, change.expected_tag));
}

Applied SqliteWriter::erase(const RemovePublication& change) {
    if (change.expected_tag.empty())
        return run_on_row(delete_publication_.bind(row_key(change.id)));
    return run_on_row(delete_tagged_publication_.bind(row_key(change.id), change.expected_tag));
}

Applied SqliteWriter::erase_publication(std::uint64_t id) {
    return run(delete_publication_.bind(row_key(id)));
}

Applied SqliteWriter::bury(const RemovePublication& change) {
    const Applied marked = run_on_row(mark_publication_.bind(
        row_key(change.id), next_mark_, change.keep_until, change.mark.call_id, change.mark.cseq,
        change.mark.branch_hash, change.expected_tag));
    if (marked != Outcome::committed) return marked;
    note_mark(change.keep_until);
    return run(delete_publication_.bind(row_key(change.id)));
}

bool SqliteWriter::save() {
    return save_.run() == Step::done;
}

Applied SqliteWriter::end_save(Applied applied) {
    if (!applied) return std::nullopt;
    if (applied == Outcome::refused && undo_.run() != Step::done) return std::nullopt;
    if (release_.run() != Step::done) return std::nullopt;
    return applied;
}

void SqliteWriter::note_mark(base::WallTime keep_until) {
    ++next_mark_;
    ++marks_;
    sweep_at_ = std::min(sweep_at_, keep_until);
}

Applied SqliteWriter::put(const Subscription& row) {
    return run(bind_row<tables::Subscriptions>(insert_subscription_, row));
}

Applied SqliteWriter::replace(const Subscription& row) {
    return run_on_row(bind_row<tables::Subscriptions>(update_subscription_, row));
}

Applied SqliteWriter::touch(const TouchSubscription& change) {
    return run_on_row(touch_subscription_.bind(
        row_key(change.id), static_cast<std::uint8_t>(change.state), change.expires_at,
        change.granted, change.change, change.remote_cseq, change.cseq_base, change.epoch,
        change.mark.call_id, change.mark.cseq, change.mark.branch_hash,
        std::uint8_t{change.keeps_mark}));
}

Applied SqliteWriter::bury(const RemoveSubscription& change) {
    const Applied marked = run_on_row(
        mark_subscription_.bind(row_key(change.id), next_mark_, change.keep_until,
                                change.mark.call_id, change.mark.cseq, change.mark.branch_hash));
    if (!marked) return marked;
    if (marked == Outcome::refused) return Outcome::committed;
    note_mark(change.keep_until);
    return run(delete_subscription_.bind(row_key(change.id)));
}

Applied SqliteWriter::erase_subscription(std::uint64_t id) {
    return run(delete_subscription_.bind(row_key(id)));
}

Applied SqliteWriter::put(const ConfirmationRow& row) {
    return run(bind_row<tables::Confirmations>(put_confirmation_, row));
}

Applied SqliteWriter::erase_confirmation(std::uint64_t id) {
    return run(delete_confirmation_.bind(row_key(id)));
}

Applied SqliteWriter::put(const Message& row) {
    return run(bind_row<tables::Messages>(put_message_, row));
}

Applied SqliteWriter::finish(const RemoveMessage& change) {
    return run(finish_message_.bind(row_key(change.id), change.keep_until));
}

Applied SqliteWriter::erase_message(std::uint64_t id) {
    return run(delete_message_.bind(row_key(id)));
}

Applied SqliteWriter::put(const AccountRow& row) {
    return run(bind_row<tables::Accounts>(put_account_, row));
}

Applied SqliteWriter::erase_account(const std::string& aor) {
    return run(delete_account_.bind(aor));
}

Applied SqliteWriter::put(const Alias& row) {
    return run(bind_row<tables::Aliases>(put_alias_, row));
}

Applied SqliteWriter::erase_alias(const std::string& aor) {
    return run(delete_alias_.bind(aor));
}

Applied SqliteWriter::put(const Policy& row) {
    return run(bind_row<tables::Policies>(put_policy_, row));
}

Applied SqliteWriter::erase_policy(const std::string& scope) {
    return run(delete_policy_.bind(scope));
}

Applied SqliteWriter::put(const AuditEntry& row) {
    return run(bind_row<tables::Audit>(put_audit_, row));
}

Applied SqliteWriter::forget_audit(std::uint64_t before) {
    return run(forget_audit_.bind(before));
}

Applied SqliteWriter::put(const Token& row) {
    return run(bind_row<tables::Tokens>(put_token_, row));
}

Applied SqliteWriter::put(const CellState& row) {
    return run(bind_row<tables::Cells>(put_cell_, row));
}

bool SqliteWriter::note(const LaneRow& row) {
    return note_.bind(row.sequence, row.alive_at, row.next_id).run() == Step::done;
}

bool SqliteWriter::sweep(base::WallTime now) {
    const std::uint64_t limit = kSweep + 2 * marks_;
    if (sweep_publications_.bind(now, limit).run() != Step::done) return false;
    if (sweep_subscriptions_.bind(now, limit).run() != Step::done) return false;
    const bool has_row = next_sweep_.bind(limit).step() == Step::row;
    const bool has_marks = has_row && !next_sweep_.is_null(0);
    const base::WallTime next = has_marks ? next_sweep_.time(0) : base::WallTime::max();
    next_sweep_.reset();
    if (!has_row) return false;
    sweep_at_ = has_marks ? std::max(next, now + kSweepPause) : next;
    marks_ = 0;
    return true;
}

}  // namespace herald::store
