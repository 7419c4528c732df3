// store/migrations.h: the migrations built into the program, and which of them a database lacks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/embedded.h"
#include "base/result.h"

namespace herald::store {

/// Whose words a migration uses: NNNN_what.sql both databases', NNNN_what.postgres.sql one's.
enum class Dialect : std::uint8_t { sqlite, postgres };

/// Sorted by number.
std::vector<base::EmbeddedFile> migrations_for(Dialect dialect);

std::uint64_t number_of(const base::EmbeddedFile& migration);
/// What a line "-- min_reader: N" says: the number a program must know to use the result.
std::uint64_t min_reader_of(const base::EmbeddedFile& migration);

/// What a database says of its schema.
struct SchemaState {
    std::uint64_t present = 0;  ///< the newest migration applied
    std::uint64_t wanted = 0;   ///< the highest min_reader
};

/// Those of `known` that are missing. Faults: invalid_configuration where a newer program changed
/// the store beyond what this one understands.
Result<std::vector<base::EmbeddedFile>> missing_migrations(
    std::span<const base::EmbeddedFile> known, const SchemaState& schema);

}  // namespace herald::store
