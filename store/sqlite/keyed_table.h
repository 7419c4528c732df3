// store/sqlite/keyed_table.h: tables whose rows are written whole, and found by nothing but their
// key.
#pragma once

#include <cstdint>
#include <string>

#include "store/sqlite/applied.h"
#include "store/sqlite/row_io.h"
#include "store/sqlite/row_key.h"
#include "store/sqlite/row_sql.h"

namespace herald::store {

/// Rows that are never erased.
template <class Table>
class LastingTable {
public:
    /// Faults: io.
    Status prepare(Database& database) { return database.prepare({{put_, put_sql<Table>()}}); }

    /// Over the row with the same key, if there is one.
    Applied put(const typename Table::Record& row) { return apply(bind_row<Table>(put_, row)); }

private:
    Statement put_;
};

/// Rows that come and go.
template <class Table>
class KeyedTable {
public:
    /// Faults: io.
    Status prepare(Database& database) {
        return database.prepare({{put_, put_sql<Table>()}, {erase_, erase_sql<Table>()}});
    }

    /// Over the row with the same key, if there is one.
    Applied put(const typename Table::Record& row) { return apply(bind_row<Table>(put_, row)); }
    Applied erase(std::uint64_t id) { return apply(erase_.bind(row_key(id))); }
    Applied erase(const std::string& key) { return apply(erase_.bind(key)); }

private:
    Statement put_;
    Statement erase_;
};

}  // namespace herald::store
