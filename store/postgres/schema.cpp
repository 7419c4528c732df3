// store/postgres/schema.cpp: brings a database to the schema this program knows.
#include "store/postgres/schema.h"

#include <array>
#include <utility>

#include "store/migrations.h"

namespace herald::store {
namespace {

// What all Heralds agree on: the number of the lock for migrations.
constexpr const char* kBegin =
    "BEGIN; SET LOCAL lock_timeout = '20s'; SELECT pg_advisory_xact_lock(4850265)";

constexpr const char* kRegister =
    "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL,"
    " min_reader BIGINT NOT NULL, applied_at BIGINT NOT NULL)";

/// What only PostgreSQL is to read is a comment elsewhere.
constexpr std::string_view kVeil = "--postgres: ";

bool is_word(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

std::string unveiled(std::string_view sql) {
    std::string out(sql);
    for (auto at = out.find(kVeil); at != std::string::npos; at = out.find(kVeil, at)) {
        out.erase(at, kVeil.size());
    }
    return out;
}

/// A database of ours has both of these tables, a new one has none.
Status check_ours(Session& session) {
    const auto found = session.query(
        "SELECT coalesce(string_agg(table_name, ' ' ORDER BY table_name), '')"
        " FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND (table_name, column_name) IN (('facts', 'bucket_key'), ('migrations', "
        "'min_reader'))");
    if (!found.is_good()) return fault_of(found);
    if (found.text(0, 0) == "facts migrations") return {};
    const auto tables = session.number(
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
        " current_schema()::regnamespace");
    if (!tables) return tables.fault();
    if (*tables == 0) return {};
    return Fault{FaultKind::invalid_configuration,
                 "the database holds tables of some other program: make one for Herald alone"};
}

Result<SchemaState> read_schema(Session& session) {
    if (auto ours = check_ours(session); !ours) return ours.fault();
    if (auto made = session.execute(kRegister); !made) return made.fault();
    const auto present = session.number("SELECT coalesce(max(number), 0) FROM migrations");
    if (!present) return present.fault();
    const auto wanted = session.number("SELECT coalesce(max(min_reader), 0) FROM migrations");
    if (!wanted) return wanted.fault();
    return SchemaState{*present, *wanted};
}

Status apply(Session& session, const base::EmbeddedFile& file, base::WallTime now) {
    auto applied = session.execute(in_postgres(file.text));
    if (!applied) {
        return Fault{applied.fault().kind, std::string(file.name) + ": " + applied.fault().detail};
    }
    const std::array<std::string, 4> values{std::to_string(number_of(file)), std::string(file.name),
                                            std::to_string(min_reader_of(file)),
                                            std::to_string(now.time_since_epoch().count())};
    const auto noted = session.query("INSERT INTO migrations VALUES ($1, $2, $3, $4)", values);
    return noted.is_good() ? Status() : Status(fault_of(noted));
}

Status apply_missing(Session& session, std::span<const base::EmbeddedFile> known,
                     base::WallTime now) {
    const auto schema = read_schema(session);
    if (!schema) return schema.fault();
    const auto missing = missing_migrations(known, *schema);
    if (!missing) return missing.fault();
    for (const base::EmbeddedFile& file : *missing) {
        if (auto applied = apply(session, file, now); !applied) return applied;
    }
    return {};
}

}  // namespace

std::string in_postgres(std::string_view sql) {
    std::string out;
    std::string word;
    for (const char c : unveiled(sql) + ' ') {
        if (is_word(c)) {
            word += c;
            continue;
        }
        out += word == "INTEGER" ? "BIGINT" : word == "BLOB" ? "BYTEA" : word;
        out += c;
        word.clear();
    }
    return out;
}

Status migrate(Session& session, std::span<const base::EmbeddedFile> known, base::WallTime now) {
    if (auto begun = session.execute(kBegin); !begun) return begun;
    auto done = apply_missing(session, known, now);
    const auto ended = session.execute(done ? "COMMIT" : "ROLLBACK");
    return done ? ended : done;
}

}  // namespace herald::store
