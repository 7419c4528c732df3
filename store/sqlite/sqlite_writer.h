// store/sqlite/sqlite_writer.h: one change as SQL, with all statements prepared.
#pragma once

#include <string>

#include "base/id.h"
#include "store/meaning.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// Applies changes inside a transaction its user opened. Lives no longer than the database.
class SqliteWriter {
public:
    /// Faults: io.
    static Result<SqliteWriter> prepare(Database& database, const Home& home);

    /// committed or refused; nullopt: a statement failed and the transaction must be rolled back.
    Applied apply(const Change& change);

    /// The row of this lane; part of every transaction.
    struct LaneRow {
        std::uint64_t sequence = 0;
        base::WallTime alive_at{};
        std::uint64_t next_id = 0;
    };
    bool note(const LaneRow& row);

    /// True where some tombstone may be past its time.
    bool is_sweep_due(base::WallTime now) const noexcept { return now >= sweep_at_; }
    /// Deletes tombstones past their time among the oldest. Returns false if that failed.
    bool sweep(base::WallTime now);

private:
    friend Meaning<SqliteWriter>;

    Applied put(const Publication& row);
    Applied replace(const Publication& row, const std::string& expected_tag);
    Applied refresh(const RefreshPublication& change);
    Applied erase(const RemovePublication& change);
    Applied bury(const RemovePublication& change);
    Applied erase_publication(std::uint64_t id);
    template <class Work>
    Applied together(Work work) {
        if (!save()) return std::nullopt;
        return end_save(work());
    }
    Applied put(const Subscription& row);
    Applied replace(const Subscription& row);
    Applied touch(const TouchSubscription& change);
    Applied bury(const RemoveSubscription& change);
    Applied erase_subscription(std::uint64_t id);
    Applied put(const ConfirmationRow& row);
    Applied erase_confirmation(std::uint64_t id);
    Applied put(const Message& row);
    Applied finish(const RemoveMessage& change);
    Applied erase_message(std::uint64_t id);
    Applied put(const AccountRow& row);
    Applied erase_account(const std::string& aor);
    Applied put(const Alias& row);
    Applied erase_alias(const std::string& aor);
    Applied put(const Policy& row);
    Applied erase_policy(const std::string& scope);
    Applied put(const AuditEntry& row);
    Applied forget_audit(std::uint64_t before);
    Applied put(const Token& row);
    Applied put(const CellState& row);

    bool save();
    /// Undoes what was refused.
    Applied end_save(Applied applied);
    void note_mark(base::WallTime keep_until);
    /// For statements that need not meet a row.
    Applied run(Statement& statement);
    /// Refused where no row was met.
    Applied run_on_row(Statement& statement);

    Database* database_ = nullptr;
    Home home_;
    std::uint64_t next_mark_ = 1;  ///< both kinds of tombstones are numbered together
    std::uint64_t marks_ = 0;      ///< written since the last sweep
    base::WallTime sweep_at_{};    ///< never where there is no tombstone

    Statement insert_publication_;
    Statement replace_publication_;
    Statement refresh_publication_;
    Statement mark_publication_;
    Statement delete_publication_;
    Statement delete_tagged_publication_;
    Statement save_;
    Statement undo_;
    Statement release_;
    Statement insert_subscription_;
    Statement update_subscription_;
    Statement touch_subscription_;
    Statement mark_subscription_;
    Statement delete_subscription_;
    Statement put_confirmation_;
    Statement delete_confirmation_;
    Statement put_message_;
    Statement finish_message_;
    Statement delete_message_;
    Statement put_account_;
    Statement delete_account_;
    Statement put_alias_;
    Statement delete_alias_;
    Statement put_policy_;
    Statement delete_policy_;
    Statement put_audit_;
    Statement forget_audit_;
    Statement put_token_;
    Statement put_cell_;
    Statement note_;
    Statement sweep_publications_;
    Statement sweep_subscriptions_;
    Statement next_sweep_;
};

}  // namespace herald::store
