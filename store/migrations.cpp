// store/migrations.cpp: the migrations built into the program, and which of them a database lacks.
#include "store/migrations.h"

#include <string>
#include <string_view>

#include "base/text.h"
#include "store/migrations.embedded.h"

namespace herald::store {
namespace {

constexpr std::string_view kPostgresOnly = ".postgres.sql";

std::uint64_t leading_number(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && base::is_digit(text[end])) ++end;
    return base::to_u64(text.substr(0, end)).value_or(0);
}

bool is_for(Dialect dialect, std::string_view name) {
    if (dialect == Dialect::postgres || name.size() < kPostgresOnly.size()) return true;
    return name.substr(name.size() - kPostgresOnly.size()) != kPostgresOnly;
}

}  // namespace

std::vector<base::EmbeddedFile> migrations_for(Dialect dialect) {
    std::vector<base::EmbeddedFile> files;
    for (const base::EmbeddedFile& file : kMigrations) {
        if (is_for(dialect, file.name)) files.push_back(file);
    }
    return files;
}

std::uint64_t number_of(const base::EmbeddedFile& migration) {
    return leading_number(migration.name);
}

std::uint64_t min_reader_of(const base::EmbeddedFile& migration) {
    constexpr std::string_view kMark = "-- min_reader: ";
    const auto at = migration.text.find(kMark);
    if (at == std::string_view::npos) return number_of(migration);
    return leading_number(migration.text.substr(at + kMark.size()));
}

Result<std::vector<base::EmbeddedFile>> missing_migrations(
    std::span<const base::EmbeddedFile> known, const SchemaState& schema) {
    const std::uint64_t newest = known.empty() ? 0 : number_of(known.back());
    if (schema.wanted > newest) {
        return Fault{FaultKind::invalid_configuration,
                     "the store was changed by a newer Herald (schema " +
                         std::to_string(schema.present) + ", this program knows " +
                         std::to_string(newest) + "): install that version or a later one"};
    }
    std::vector<base::EmbeddedFile> missing;
    for (const base::EmbeddedFile& file : known) {
        if (number_of(file) > schema.present) missing.push_back(file);
    }
    return missing;
}

}  // namespace herald::store
