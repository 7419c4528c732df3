// store/sqlite/audit_table.h: who changed what, until it is forgotten.
#pragma once

#include <cstdint>

#include "store/sqlite/applied.h"
#include "store/sqlite/row_io.h"
#include "store/sqlite/row_sql.h"

namespace herald::store {

class AuditTable {
public:
    /// Faults: io.
    Status prepare(Database& database) {
        return database.prepare(
            {{put_, put_sql<tables::Audit>()}, {forget_, "DELETE FROM audit WHERE id < ?1"}});
    }

    Applied put(const AuditEntry& row) { return apply(bind_row<tables::Audit>(put_, row)); }
    Applied forget(std::uint64_t before) { return apply(forget_.bind(before)); }

private:
    Statement put_;
    Statement forget_;
};

}  // namespace herald::store
