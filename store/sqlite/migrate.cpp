// store/sqlite/migrate.cpp: brings a database to the schema this program knows.
#include "store/sqlite/migrate.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "store/migrations.embedded.h"

namespace herald::store {
namespace {

constexpr const char* kRegister =
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " min_reader INTEGER NOT NULL, applied_at INTEGER NOT NULL)";

std::uint64_t leading_number(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && base::is_digit(text[end])) ++end;
    return base::to_u64(text.substr(0, end)).value_or(0);
}

std::uint64_t min_reader_of(const base::EmbeddedFile& file) {
    constexpr std::string_view kMark = "-- min_reader: ";
    const auto at = file.text.find(kMark);
    if (at == std::string_view::npos) return leading_number(file.name);
    return leading_number(file.text.substr(at + kMark.size()));
}

Status note(Database& database, const base::EmbeddedFile& file, base::WallTime now) {
    auto insert = database.prepare("INSERT INTO migrations VALUES (?, ?, ?, ?)");
    if (!insert) return insert.fault();
    insert->bind(leading_number(file.name), file.name, min_reader_of(file), now);
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

}  // namespace

std::span<const base::EmbeddedFile> migrations() {
    return kMigrations;
}

Status migrate(Database& database, std::span<const base::EmbeddedFile> known, base::WallTime now) {
    if (auto made = database.execute(kRegister); !made) return made;
    const auto present = database.query("SELECT coalesce(max(number), 0) FROM migrations");
    if (!present) return present.fault();
    const auto wanted = database.query("SELECT coalesce(max(min_reader), 0) FROM migrations");
    if (!wanted) return wanted.fault();

    const std::uint64_t newest = known.empty() ? 0 : leading_number(known.back().name);
    if (static_cast<std::uint64_t>(*wanted) > newest) {
        return Fault{FaultKind::invalid_configuration,
                     "the store was changed by a newer Herald (schema " + std::to_string(*present) +
                         ", this program knows " + std::to_string(newest) +
                         "): install that version or a later one"};
    }
    for (const base::EmbeddedFile& file : known) {
        if (leading_number(file.name) <= static_cast<std::uint64_t>(*present)) continue;
        if (auto applied = apply(database, file, now); !applied) return applied;
    }
    return {};
}

}  // namespace herald::store
