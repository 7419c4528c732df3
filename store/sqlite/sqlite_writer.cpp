// store/sqlite/sqlite_writer.cpp: one change as SQL, with all statements prepared.
#include "store/sqlite/sqlite_writer.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "store/lists.h"

namespace herald::store {
namespace {

constexpr std::string_view kInsertPublication =
    "INSERT OR REPLACE INTO publications (id, package, aor, entity_tag, source, publisher, rank,"
    " arrived, expires_at, granted, mark_call_id, mark_cseq, mark_branch, type, body)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

constexpr std::string_view kReplacePublication =
    "UPDATE publications SET package = ?2, aor = ?3, entity_tag = ?4, source = ?5, publisher = ?6,"
    " rank = ?7, arrived = ?8, expires_at = ?9, granted = ?10, mark_call_id = ?11, mark_cseq = ?12,"
    " mark_branch = ?13, type = ?14, body = ?15 WHERE id = ?1 AND entity_tag = ?16";

constexpr std::string_view kRefreshPublication =
    "UPDATE publications SET entity_tag = ?2, expires_at = ?3, granted = ?4, mark_call_id = ?5,"
    " mark_cseq = ?6, mark_branch = ?7 WHERE id = ?1 AND entity_tag = ?8";

constexpr std::string_view kMarkPublication =
    "INSERT INTO publication_marks (sequence, keep_until, id, package, aor, entity_tag, source,"
    " publisher, rank, arrived, mark_call_id, mark_cseq, mark_branch)"
    " SELECT ?2, ?3, id, package, aor, entity_tag, source, publisher, rank, arrived, ?4, ?5, ?6"
    " FROM publications WHERE id = ?1 AND (?7 = '' OR entity_tag = ?7)";

constexpr std::string_view kInsertSubscription =
    "INSERT OR REPLACE INTO subscriptions (id, state, expires_at, granted, change, remote_cseq,"
    " cseq_base, epoch, mark_call_id, mark_cseq, mark_branch, package, aor, watcher, call_id,"
    " local_tag, remote_tag, local_uri, remote_uri, remote_target, route_set, event, accept,"
    " entity, instance, flow)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, ?15), ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
    " ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)";

constexpr std::string_view kUpdateSubscription =
    "UPDATE subscriptions SET state = ?2, expires_at = ?3, granted = ?4, change = ?5,"
    " remote_cseq = ?6, cseq_base = ?7, epoch = ?8, mark_call_id = nullif(?9, ?15),"
    " mark_cseq = ?10, mark_branch = ?11, package = ?12, aor = ?13, watcher = ?14, call_id = ?15,"
    " local_tag = ?16, remote_tag = ?17, local_uri = ?18, remote_uri = ?19, remote_target = ?20,"
    " route_set = ?21, event = ?22, accept = ?23, entity = ?24, instance = ?25, flow = ?26"
    " WHERE id = ?1";

constexpr std::string_view kTouchSubscription =
    "UPDATE subscriptions SET state = ?2, expires_at = ?3, granted = ?4, change = ?5,"
    " remote_cseq = ?6, cseq_base = ?7, epoch = ?8,"
    " mark_call_id = iif(?12, mark_call_id, nullif(?9, call_id)),"
    " mark_cseq = iif(?12, mark_cseq, ?10), mark_branch = iif(?12, mark_branch, ?11) WHERE id = ?1";

constexpr std::string_view kMarkSubscription =
    "INSERT INTO subscription_marks (sequence, keep_until, id, change, remote_cseq, cseq_base,"
    " epoch, mark_call_id, mark_cseq, mark_branch, package, aor, watcher, call_id, local_tag,"
    " remote_tag, local_uri, remote_uri, remote_target, route_set, event, accept, entity, instance,"
    " flow)"
    " SELECT ?2, ?3, id, change, remote_cseq, cseq_base, epoch, nullif(?4, call_id), ?5, ?6,"
    " package, aor, watcher, call_id, local_tag, remote_tag, local_uri, remote_uri, remote_target,"
    " route_set, event, accept, entity, instance, flow FROM subscriptions WHERE id = ?1";

constexpr std::string_view kPutMessage =
    "INSERT INTO messages (id, is_done, keep_until, expires_at, date, size, mark_call_id, "
    "mark_cseq,"
    " mark_branch, recipient, sender, from_value, to_value, headers, body)"
    " VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
constexpr std::string_view kFinishMessage =
    "UPDATE messages SET is_done = 1, keep_until = ?2, headers = '', body = x'' WHERE id = ?1";

constexpr std::string_view kPutAccount =
    "INSERT OR REPLACE INTO accounts (aor, username, realm, ha1_md5, ha1_sha256, ha1_sha512_256,"
    " role, resources, packages, delegates) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

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

}  // namespace

std::uint64_t confirmation_id(const base::HashKey& key, std::string_view package,
                              std::string_view aor) {
    std::string text(package);
    text += '\0';
    text += aor;
    return base::keyed_hash(key, text);
}

Result<SqliteWriter> SqliteWriter::prepare(Database& database, const base::HashKey& key) {
    SqliteWriter writer;
    writer.database_ = &database;
    writer.key_ = key;
    const struct {
        Statement SqliteWriter::*statement;
        std::string_view sql;
    } wanted[] = {
        {&SqliteWriter::insert_publication_, kInsertPublication},
        {&SqliteWriter::replace_publication_, kReplacePublication},
        {&SqliteWriter::refresh_publication_, kRefreshPublication},
        {&SqliteWriter::mark_publication_, kMarkPublication},
        {&SqliteWriter::delete_publication_, "DELETE FROM publications WHERE id = ?1"},
        {&SqliteWriter::delete_tagged_publication_,
         "DELETE FROM publications WHERE id = ?1 AND entity_tag = ?2"},
        {&SqliteWriter::save_, "SAVEPOINT together"},
        {&SqliteWriter::undo_, "ROLLBACK TO together"},
        {&SqliteWriter::release_, "RELEASE together"},
        {&SqliteWriter::insert_subscription_, kInsertSubscription},
        {&SqliteWriter::update_subscription_, kUpdateSubscription},
        {&SqliteWriter::touch_subscription_, kTouchSubscription},
        {&SqliteWriter::mark_subscription_, kMarkSubscription},
        {&SqliteWriter::delete_subscription_, "DELETE FROM subscriptions WHERE id = ?1"},
        {&SqliteWriter::put_confirmation_,
         "INSERT OR REPLACE INTO confirmations (id, package, aor, fingerprint, through)"
         " VALUES (?1, ?2, ?3, ?4, ?5)"},
        {&SqliteWriter::delete_confirmation_, "DELETE FROM confirmations WHERE id = ?1"},
        {&SqliteWriter::put_message_, kPutMessage},
        {&SqliteWriter::finish_message_, kFinishMessage},
        {&SqliteWriter::delete_message_, "DELETE FROM messages WHERE id = ?1"},
        {&SqliteWriter::put_account_, kPutAccount},
        {&SqliteWriter::delete_account_, "DELETE FROM accounts WHERE aor = ?1"},
        {&SqliteWriter::put_alias_,
         "INSERT OR REPLACE INTO aliases (aor, resource) VALUES (?1, ?2)"},
        {&SqliteWriter::delete_alias_, "DELETE FROM aliases WHERE aor = ?1"},
        {&SqliteWriter::put_token_,
         "INSERT OR REPLACE INTO tokens (name, sha256_hex, role) VALUES (?1, ?2, ?3)"},
        {&SqliteWriter::note_,
         "UPDATE lanes SET sequence = ?1, alive_at = ?2, next_id = ?3 WHERE id = 1"},
        {&SqliteWriter::sweep_publications_, kSweepPublications},
        {&SqliteWriter::sweep_subscriptions_, kSweepSubscriptions},
        {&SqliteWriter::next_sweep_, kNextSweep},
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

std::optional<Outcome> SqliteWriter::apply(const Change& change) {
    return std::visit([this](const auto& one) { return apply(one); }, change);
}

SqliteWriter::Applied SqliteWriter::run(Statement& statement) {
    const Step step = statement.run();
    if (step == Step::failed) return std::nullopt;
    return step == Step::refused ? Outcome::refused : Outcome::committed;
}

SqliteWriter::Applied SqliteWriter::run_on_row(Statement& statement) {
    const Applied applied = run(statement);
    if (applied == Outcome::committed && database_->changed() == 0) return Outcome::refused;
    return applied;
}

SqliteWriter::Applied SqliteWriter::apply(const PutPublication& change) {
    const Publication& row = change.row;
    const auto bind = [&row](Statement& statement, const auto&... condition) -> Statement& {
        return statement.bind(row.id, row.package, row.aor, row.entity_tag, row.source,
                              row.publisher, row.rank, row.arrived, row.expires_at, row.granted,
                              row.mark.call_id, row.mark.cseq, row.mark.branch_hash, row.type,
                              Blob{row.body}, condition...);
    };
    if (change.expected_tag.empty()) return run(bind(insert_publication_));
    return run_on_row(bind(replace_publication_, change.expected_tag));
}

SqliteWriter::Applied SqliteWriter::apply(const RefreshPublication& change) {
    return run_on_row(refresh_publication_.bind(
        change.id, change.entity_tag, change.expires_at, change.granted, change.mark.call_id,
        change.mark.cseq, change.mark.branch_hash, change.expected_tag));
}

SqliteWriter::Applied SqliteWriter::apply(const RemovePublication& change) {
    if (change.keep_until != base::WallTime{}) return mark_publication(change);
    if (change.expected_tag.empty()) return run_on_row(delete_publication_.bind(change.id));
    return run_on_row(delete_tagged_publication_.bind(change.id, change.expected_tag));
}

SqliteWriter::Applied SqliteWriter::mark_publication(const RemovePublication& change) {
    const Applied marked = run_on_row(
        mark_publication_.bind(change.id, next_mark_, change.keep_until, change.mark.call_id,
                               change.mark.cseq, change.mark.branch_hash, change.expected_tag));
    if (marked != Outcome::committed) return marked;
    note_mark(change.keep_until);
    return run(delete_publication_.bind(change.id));
}

SqliteWriter::Applied SqliteWriter::apply(const ChangePublications& change) {
    const auto apply_one = [this](const auto& one) { return apply(one); };
    if (change.changes.size() == 1) return std::visit(apply_one, change.changes.front());
    if (save_.run() != Step::done) return std::nullopt;
    Applied applied = Outcome::committed;
    for (const auto& one : change.changes) {
        applied = std::visit(apply_one, one);
        if (applied != Outcome::committed) break;
    }
    if (applied == Outcome::refused && undo_.run() != Step::done) return std::nullopt;
    if (release_.run() != Step::done) return std::nullopt;
    return applied;
}

void SqliteWriter::note_mark(base::WallTime keep_until) {
    ++next_mark_;
    ++marks_;
    sweep_at_ = std::min(sweep_at_, keep_until);
}

namespace {

Statement& bind_subscription(Statement& statement, const Subscription& row) {
    return statement.bind(row.id, static_cast<std::uint8_t>(row.state), row.expires_at, row.granted,
                          row.change, row.remote_cseq, row.cseq_base, row.epoch, row.mark.call_id,
                          row.mark.cseq, row.mark.branch_hash, row.package, row.aor, row.watcher,
                          row.call_id, row.local_tag, row.remote_tag, row.local_uri, row.remote_uri,
                          row.remote_target, row.route_set, row.event, row.accept, row.entity,
                          row.instance, row.flow);
}

}  // namespace

SqliteWriter::Applied SqliteWriter::apply(const PutSubscription& change) {
    const Applied inserted = run(bind_subscription(insert_subscription_, change.row));
    if (inserted != Outcome::committed) return inserted;
    for (const std::uint64_t id : change.replaces) {
        if (id == change.row.id) continue;
        if (run(delete_subscription_.bind(id)) != Outcome::committed) return std::nullopt;
    }
    return inserted;
}

SqliteWriter::Applied SqliteWriter::apply(const UpdateSubscription& change) {
    return run_on_row(bind_subscription(update_subscription_, change.row));
}

SqliteWriter::Applied SqliteWriter::apply(const TouchSubscription& change) {
    return run_on_row(touch_subscription_.bind(
        change.id, static_cast<std::uint8_t>(change.state), change.expires_at, change.granted,
        change.change, change.remote_cseq, change.cseq_base, change.epoch, change.mark.call_id,
        change.mark.cseq, change.mark.branch_hash, std::uint8_t{change.keeps_mark}));
}

SqliteWriter::Applied SqliteWriter::apply(const RemoveSubscription& change) {
    if (change.keep_until != base::WallTime{}) {
        const Applied marked = run_on_row(
            mark_subscription_.bind(change.id, next_mark_, change.keep_until, change.mark.call_id,
                                    change.mark.cseq, change.mark.branch_hash));
        if (!marked) return marked;
        // A row that is gone already is what was wanted.
        if (marked == Outcome::refused) return Outcome::committed;
        note_mark(change.keep_until);
    }
    return run(delete_subscription_.bind(change.id));
}

SqliteWriter::Applied SqliteWriter::apply(const PutConfirmation& change) {
    const Confirmation& row = change.row;
    const std::uint64_t id = confirmation_id(key_, row.package, row.aor);
    if (row.through == 0) return run(delete_confirmation_.bind(id));
    return run(put_confirmation_.bind(id, row.package, row.aor, row.fingerprint, row.through));
}

SqliteWriter::Applied SqliteWriter::apply(const PutMessage& change) {
    const Message& row = change.row;
    return run(put_message_.bind(row.id, row.keep_until, row.expires_at, row.date, row.size,
                                 row.mark.call_id, row.mark.cseq, row.mark.branch_hash,
                                 row.recipient, row.sender, row.from, row.to, row.headers,
                                 Blob{row.body}));
}

/// A row that is gone already is what was wanted.
SqliteWriter::Applied SqliteWriter::apply(const RemoveMessage& change) {
    if (change.keep_until == base::WallTime{}) return run(delete_message_.bind(change.id));
    return run(finish_message_.bind(change.id, change.keep_until));
}

SqliteWriter::Applied SqliteWriter::apply(const PutAccount& change) {
    const Account& row = change.row;
    const auto resources = join_lines(row.resources);
    const auto packages = join_lines(row.packages);
    const auto delegates = join_delegates(row.delegates);
    if (!resources || !packages || !delegates) return Outcome::refused;
    return run(put_account_.bind(row.aor, row.username, row.realm, row.ha1[0], row.ha1[1],
                                 row.ha1[2], static_cast<std::uint8_t>(row.role), *resources,
                                 *packages, *delegates));
}

SqliteWriter::Applied SqliteWriter::apply(const RemoveAccount& change) {
    return run(delete_account_.bind(change.aor));
}

SqliteWriter::Applied SqliteWriter::apply(const PutAlias& change) {
    return run(put_alias_.bind(change.row.aor, change.row.resource));
}

SqliteWriter::Applied SqliteWriter::apply(const RemoveAlias& change) {
    return run(delete_alias_.bind(change.aor));
}

SqliteWriter::Applied SqliteWriter::apply(const PutToken& change) {
    return run(put_token_.bind(change.row.name, change.row.sha256_hex, change.row.role));
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
