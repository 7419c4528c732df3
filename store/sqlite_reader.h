// store/sqlite_reader.h: streams what is in the database to whoever rebuilds memory from it.
#pragma once

#include <vector>

#include "base/id.h"
#include "store/database.h"
#include "store/records.h"
#include "store/store.h"

namespace herald::store {

/// What a recovery takes besides the rows.
struct RecoveryTerms {
    base::WallTime now{};         ///< tombstones kept until then or earlier are left out
    base::HashKey lasting_key{};  ///< as in Home
};

/// Streams every live row once, and the newest tombstone of every row that is gone. Confirmations
/// of resources without subscriptions are deleted. Faults: io; malformed, naming the table and row,
/// where a value cannot be right.
Status recover(Database& database, const RecoveryTerms& terms, RecoverySink& sink);

/// Faults: io.
Result<std::vector<Token>> read_tokens(Database& database);

/// Above every id in the store. Faults: io.
Result<std::uint64_t> read_next_id(Database& database);

}  // namespace herald::store
