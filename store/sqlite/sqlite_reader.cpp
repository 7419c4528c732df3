// store/sqlite/sqlite_reader.cpp: streams what is in the database to whoever rebuilds memory from
// it.
#include "store/sqlite/sqlite_reader.h"

#include <string>
#include <unordered_set>

#include "store/lists.h"

namespace herald::store {
namespace {

constexpr std::string_view kAccounts =
    "SELECT aor, username, realm, ha1_md5, ha1_sha256, ha1_sha512_256, role, resources, packages,"
    " delegates FROM accounts";

constexpr std::string_view kPublications =
    "SELECT id, package, aor, entity_tag, source, publisher, rank, arrived, mark_call_id,"
    " mark_cseq, mark_branch, expires_at, granted, type, body FROM publications";

// Newest first: only the last removal of a number counts.
constexpr std::string_view kPublicationMarks =
    "SELECT id, package, aor, entity_tag, source, publisher, rank, arrived, mark_call_id,"
    " mark_cseq, mark_branch, keep_until FROM publication_marks AS m"
    " WHERE NOT EXISTS (SELECT 1 FROM publications AS p WHERE p.id = m.id)"
    " AND keep_until > ?1 ORDER BY sequence DESC";

constexpr std::string_view kSubscriptions =
    "SELECT id, expires_at, change, remote_cseq, cseq_base, epoch,"
    " coalesce(mark_call_id, call_id), mark_cseq, mark_branch, package, aor, watcher, call_id,"
    " local_tag, remote_tag, local_uri, remote_uri, remote_target, route_set, event, accept,"
    " entity, instance, flow, state, granted FROM subscriptions";

constexpr std::string_view kSubscriptionMarks =
    "SELECT id, keep_until, change, remote_cseq, cseq_base, epoch,"
    " coalesce(mark_call_id, call_id), mark_cseq, mark_branch, package, aor, watcher, call_id,"
    " local_tag, remote_tag, local_uri, remote_uri, remote_target, route_set, event, accept,"
    " entity, instance, flow FROM subscription_marks AS m"
    " WHERE NOT EXISTS (SELECT 1 FROM subscriptions AS s WHERE s.id = m.id)"
    " AND keep_until > ?1 ORDER BY sequence DESC";

constexpr std::string_view kConfirmations =
    "SELECT id, package, aor, fingerprint, through FROM confirmations";

constexpr std::string_view kMessages =
    "SELECT id, is_done, keep_until, expires_at, date, size, mark_call_id, mark_cseq, mark_branch,"
    " recipient, sender, from_value, to_value FROM messages ORDER BY id";
constexpr std::string_view kMessage =
    "SELECT id, is_done, keep_until, expires_at, date, size, mark_call_id, mark_cseq, mark_branch,"
    " recipient, sender, from_value, to_value, headers, body FROM messages WHERE id = ?1";

Fault bad(std::string_view table, std::uint64_t id, std::string_view what) {
    return {FaultKind::malformed,
            std::string(table) + " row " + std::to_string(id) + ": " + std::string(what)};
}

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

Status recover_aliases(Database& database, RecoverySink& sink) {
    return for_each(database, database.prepare("SELECT aor, resource FROM aliases"),
                    [&sink](Statement& from) -> Status {
                        sink.on_alias({.aor = from.text(0), .resource = from.text(1)});
                        return {};
                    });
}

Status recover_accounts(Database& database, RecoverySink& sink) {
    return for_each(database, database.prepare(kAccounts), [&sink](Statement& from) -> Status {
        Account row;
        row.aor = from.text(0);
        row.username = from.text(1);
        row.realm = from.text(2);
        for (int i = 0; i < 3; ++i) row.ha1[i] = from.text(3 + i);
        const std::uint64_t role = from.number(6);
        if (role > static_cast<std::uint64_t>(Account::Role::admin)) {
            return Fault{FaultKind::malformed, "accounts " + row.aor + ": no such role"};
        }
        row.role = static_cast<Account::Role>(role);
        row.resources = split_lines(from.text(7));
        row.packages = split_lines(from.text(8));
        row.delegates = split_delegates(from.text(9));
        sink.on_account(std::move(row));
        return {};
    });
}

/// The columns that publications and their tombstones share.
Publication publication_of(const Statement& from) {
    Publication row;
    row.id = from.number(0);
    row.package = from.text(1);
    row.aor = from.text(2);
    row.entity_tag = from.text(3);
    row.source = from.text(4);
    row.publisher = from.text(5);
    row.rank = static_cast<std::uint8_t>(from.integer(6));
    row.arrived = from.time(7);
    row.mark = {.call_id = from.text(8), .cseq = from.number32(9), .branch_hash = from.number(10)};
    row.expires_at = from.time(11);
    return row;
}

Status recover_publications(Database& database, base::WallTime now, RecoverySink& sink) {
    auto live = for_each(database, database.prepare(kPublications), [&](Statement& from) -> Status {
        Publication row = publication_of(from);
        row.granted = from.number32(12);
        row.type = from.text(13);
        row.body = from.text(14);
        sink.on_publication(std::move(row));
        return {};
    });
    if (!live) return live;

    auto marks = database.prepare(kPublicationMarks);
    if (marks) marks->bind(now);
    std::unordered_set<std::uint64_t> seen;
    return for_each(database, std::move(marks), [&](Statement& from) -> Status {
        Publication row = publication_of(from);
        row.is_removed = true;
        if (seen.insert(row.id).second) sink.on_publication(std::move(row));
        return {};
    });
}

/// The columns that subscriptions and their tombstones share.
void read_subscription(const Statement& from, Subscription& row) {
    row.id = from.number(0);
    row.expires_at = from.time(1);
    row.change = from.number(2);
    row.remote_cseq = from.number32(3);
    row.cseq_base = from.number32(4);
    row.epoch = from.number32(5);
    from.read(6, row.mark.call_id);
    row.mark.cseq = from.number32(7);
    row.mark.branch_hash = from.number(8);
    int column = 9;
    for (std::string* text :
         {&row.package, &row.aor, &row.watcher, &row.call_id, &row.local_tag, &row.remote_tag,
          &row.local_uri, &row.remote_uri, &row.remote_target, &row.route_set, &row.event,
          &row.accept, &row.entity, &row.instance, &row.flow}) {
        from.read(column++, *text);
    }
}

Status recover_subscriptions(Database& database, base::WallTime now, RecoverySink& sink) {
    Subscription row;
    auto live =
        for_each(database, database.prepare(kSubscriptions), [&](Statement& from) -> Status {
            read_subscription(from, row);
            const std::uint64_t state = from.number(24);
            if (state > static_cast<std::uint64_t>(Subscription::State::giveup)) {
                return bad("subscriptions", row.id, "no such state");
            }
            row.state = static_cast<Subscription::State>(state);
            row.granted = from.number32(25);
            sink.on_subscription(row);
            return {};
        });
    if (!live) return live;

    auto marks = database.prepare(kSubscriptionMarks);
    if (marks) marks->bind(now);
    row.state = Subscription::State::terminated;
    row.granted = 0;
    std::unordered_set<std::uint64_t> seen;
    return for_each(database, std::move(marks), [&](Statement& from) -> Status {
        read_subscription(from, row);
        if (seen.insert(row.id).second) sink.on_subscription(row);
        return {};
    });
}

Message message_of(const Statement& from) {
    Message row;
    row.id = from.number(0);
    row.is_done = from.number(1) != 0;
    row.keep_until = from.time(2);
    row.expires_at = from.time(3);
    row.date = from.time(4);
    row.size = from.number(5);
    row.mark = {.call_id = from.text(6), .cseq = from.number32(7), .branch_hash = from.number(8)};
    row.recipient = from.text(9);
    row.sender = from.text(10);
    row.from = from.text(11);
    row.to = from.text(12);
    return row;
}

Status recover_messages(Database& database, RecoverySink& sink) {
    return for_each(database, database.prepare(kMessages), [&sink](Statement& from) -> Status {
        sink.on_message(message_of(from));
        return {};
    });
}

Status drop_confirmations(Database& database, const std::vector<std::uint64_t>& orphans) {
    if (orphans.empty()) return {};
    auto statement = database.prepare("DELETE FROM confirmations WHERE id = ?1");
    if (!statement) return statement.fault();
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
    for (const std::uint64_t id : orphans) {
        if (statement->bind(id).run() == Step::done) continue;
        const Fault fault = database.fault();
        (void)database.execute("ROLLBACK");
        return fault;
    }
    return database.execute("COMMIT");
}

Status recover_confirmations(Database& database, RecoverySink& sink) {
    std::vector<std::uint64_t> orphans;
    auto live =
        for_each(database, database.prepare(kConfirmations), [&](Statement& from) -> Status {
            const bool is_watched = sink.on_confirmation({.package = from.text(1),
                                                          .aor = from.text(2),
                                                          .fingerprint = from.number(3),
                                                          .through = from.number(4)});
            if (!is_watched) orphans.push_back(from.number(0));
            return {};
        });
    if (!live) return live;
    return drop_confirmations(database, orphans);
}

}  // namespace

Status recover(Database& database, base::WallTime now, RecoverySink& sink) {
    if (auto done = recover_aliases(database, sink); !done) return done;
    if (auto done = recover_accounts(database, sink); !done) return done;
    if (auto done = recover_publications(database, now, sink); !done) return done;
    if (auto done = recover_subscriptions(database, now, sink); !done) return done;
    if (auto done = recover_confirmations(database, sink); !done) return done;
    return recover_messages(database, sink);
}

Result<Message> read_message(Database& database, std::uint64_t id) {
    auto statement = database.prepare(kMessage);
    if (!statement) return statement.fault();
    const Step step = statement->bind(id).step();
    if (step == Step::done) return Fault{FaultKind::not_found, "There is no such message"};
    if (step != Step::row) return database.fault();
    Message row = message_of(*statement);
    row.headers = statement->text(13);
    row.body = statement->text(14);
    return row;
}

Result<std::vector<Token>> read_tokens(Database& database) {
    std::vector<Token> tokens;
    auto read = for_each(
        database, database.prepare("SELECT name, sha256_hex, role FROM tokens ORDER BY name"),
        [&tokens](Statement& from) -> Status {
            tokens.push_back(
                {.name = from.text(0), .sha256_hex = from.text(1), .role = from.text(2)});
            return {};
        });
    if (!read) return read.fault();
    return tokens;
}

Result<std::uint64_t> read_next_id(Database& database) {
    // The rows of the lanes remember the ids of rows that are gone.
    const auto next = database.query(
        "SELECT max((SELECT coalesce(max(next_id), 1) FROM lanes),"
        " (SELECT coalesce(max(id), 0) + 1 FROM publications),"
        " (SELECT coalesce(max(id), 0) + 1 FROM subscriptions),"
        " (SELECT coalesce(max(id), 0) + 1 FROM messages))");
    if (!next) return next.fault();
    return static_cast<std::uint64_t>(*next);
}

}  // namespace herald::store
