// store/sqlite/sqlite_reader.h: streams what is in the database to whoever rebuilds memory from it.
#pragma once

#include <vector>

#include "store/records.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace herald::store {

/// Streams every live row once, and the newest tombstone of every row that is gone, but for
/// tombstones that were kept until `now` or earlier. Confirmations the sink has no use for are
/// deleted. Faults: io; malformed, naming the table and row, where a value cannot be right.
Status recover(Database& database, base::WallTime now, RecoverySink& sink);

/// Of those the rows that belong to one cell.
Status recover(Database& database, base::WallTime now, Cell cell, RecoverySink& sink);

/// Faults: not_found, io.
Result<Message> read_message(Database& database, std::uint64_t id);

/// Faults: io.
Result<std::vector<Token>> read_tokens(Database& database);

/// Above every counter that was ever given to a row. Faults: io.
Result<std::uint64_t> read_next_id(Database& database);

}  // namespace herald::store
