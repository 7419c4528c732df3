// store/sqlite/sqlite_writer.h: changes made in the tables of a file, with all statements prepared.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "store/meaning.h"
#include "store/sqlite/audit_table.h"
#include "store/sqlite/database.h"
#include "store/sqlite/keyed_table.h"
#include "store/sqlite/message_table.h"
#include "store/sqlite/publication_table.h"
#include "store/sqlite/savepoint.h"
#include "store/sqlite/subscription_table.h"
#include "store/sqlite/tombstones.h"

namespace herald::store {

/// Applies changes inside a transaction its user opened. Lives no longer than the database.
class SqliteWriter {
public:
    explicit SqliteWriter(const Home& home) : home_(home) {}
    SqliteWriter(const SqliteWriter&) = delete;
    SqliteWriter& operator=(const SqliteWriter&) = delete;

    /// To be called before anything else. Faults: io.
    Status prepare(Database& database);

    /// committed or refused; nullopt: a statement failed and the transaction must be rolled back.
    Applied apply(const Change& change) { return Meaning<Rows>(rows_, home_).apply(change); }

    /// The row of this lane; part of every transaction.
    struct LaneRow {
        std::uint64_t sequence = 0;
        base::WallTime alive_at{};
        std::uint64_t next_id = 0;
    };
    bool note(const LaneRow& row);

    Tombstones& tombstones() noexcept { return rows_.tombstones; }

private:
    /// As Meaning wants them.
    struct Rows {
        Savepoint savepoint;
        Tombstones tombstones;
        PublicationTable publications{tombstones};
        SubscriptionTable subscriptions{tombstones};
        KeyedTable<tables::Confirmations> confirmations;
        MessageTable messages;
        KeyedTable<tables::Accounts> accounts;
        KeyedTable<tables::Aliases> aliases;
        KeyedTable<tables::Policies> policies;
        AuditTable audit;
        LastingTable<tables::Tokens> tokens;
        LastingTable<tables::Cells> cells;

        template <class Work>
        Applied together(Work work) {
            return savepoint.together(work);
        }
    };

    const Home home_;
    Rows rows_;
    Statement note_;
};

}  // namespace herald::store
