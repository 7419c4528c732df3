// store/sqlite/migrate.cpp: brings a database to the schema this program knows.
#include "store/sqlite/migrate.h"

#include <string>

#include "store/migrations.h"

namespace herald::store {
namespace {

constexpr const char* kRegister =
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " min_reader INTEGER NOT NULL, applied_at INTEGER NOT NULL)";

Status note(Database& database, const base::EmbeddedFile& file, base::WallTime now) {
    auto insert = database.prepare("INSERT INTO migrations VALUES (?, ?, ?, ?)");
    if (!insert) return insert.fault();
    insert->bind(number_of(file), file.name, min_reader_of(file), now);
    if (insert->run() != Step::done) return database.fault();
    return {};
}

Status apply(Database& database, const base::EmbeddedFile& file, base::WallTime now) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto applied = database.execute(std::string(file.text).c_str());
    if (applied) applied = note(database, file, now);
    if (applied) applied = database.execute("COMMIT");
    if (applied) return applied;
    if (database.in_transaction()) (void)database.execute("ROLLBACK");
    return Fault{applied.fault().kind, std::string(file.name) + ": " + applied.fault().detail};
}

Result<SchemaState> read_schema(Database& database) {
    if (auto made = database.execute(kRegister); !made) return made.fault();
    const auto present = database.query("SELECT coalesce(max(number), 0) FROM migrations");
    if (!present) return present.fault();
    const auto wanted = database.query("SELECT coalesce(max(min_reader), 0) FROM migrations");
    if (!wanted) return wanted.fault();
    return SchemaState{static_cast<std::uint64_t>(*present), static_cast<std::uint64_t>(*wanted)};
}

}  // namespace

Status migrate(Database& database, std::span<const base::EmbeddedFile> known, base::WallTime now) {
    const auto schema = read_schema(database);
    if (!schema) return schema.fault();
    const auto missing = missing_migrations(known, *schema);
    if (!missing) return missing.fault();
    for (const base::EmbeddedFile& file : *missing) {
        if (auto applied = apply(database, file, now); !applied) return applied;
    }
    return {};
}

}  // namespace herald::store
