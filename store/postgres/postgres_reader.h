// store/postgres/postgres_reader.h: streams what is in the database to whoever rebuilds memory from
// it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "store/postgres/session.h"
#include "store/records.h"
#include "store/store.h"

namespace herald::store {

/// Streams every live row once, and the newest tombstone of every row that is gone, but for those
/// that were kept until `now` or earlier. Confirmations the sink has no use for are deleted.
/// Faults: io; malformed, naming the table and row, where a value cannot be right.
Status recover(Session& session, base::WallTime now, RecoverySink& sink);

/// Of those the rows that belong to one cell.
Status recover(Session& session, base::WallTime now, Cell cell, RecoverySink& sink);

/// Faults: not_found, io.
Result<Message> read_message(Session& session, std::uint64_t id);

/// Faults: io.
Result<std::vector<Token>> read_tokens(Session& session);

}  // namespace herald::store
