// store/postgres/row_batch.h: the changes of one transaction, as arrays for the statements that
// make them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "store/meaning.h"
#include "store/postgres/statements.h"

namespace herald::store {

/// Takes changes that name no row twice. What it says of a change at once is provisional: refused
/// is also what settle() finds no row for.
class RowBatch {
public:
    /// Tombstones are numbered from `next_mark` on.
    RowBatch(const Home& home, std::uint64_t next_mark) : home_(home), next_mark_(next_mark) {}

    /// The outcome belongs to `place`.
    Applied add(const Change& change, std::size_t place);

    struct Rows {
        std::vector<ArrayColumn> columns;  ///< none: nothing to do
        std::vector<std::pair<std::uint64_t, std::size_t>>
            asked;  ///< id and place, can_refuse only
    };
    Rows& rows(Operation operation) { return rows_[static_cast<std::size_t>(operation)]; }
    const Rows& rows(Operation operation) const {
        return rows_[static_cast<std::size_t>(operation)];
    }
    /// Refuses in `outcomes` those who asked for a row and are not among the `met` ids.
    void settle(Operation operation, std::vector<std::uint64_t> met,
                std::vector<Outcome>& outcomes) const;

    std::uint64_t next_mark() const noexcept { return next_mark_; }
    /// When the first of the tombstones ends.
    base::WallTime first_end() const noexcept { return first_end_; }

private:
    friend Meaning<RowBatch>;

    Applied put(const Publication& row);
    Applied replace(const Publication& row, const std::string& expected_tag);
    Applied refresh(const RefreshPublication& change);
    Applied erase(const RemovePublication& change);
    Applied bury(const RemovePublication& change);
    /// Whoever fills the batch knows that none of them will be refused.
    template <class Work>
    Applied together(Work work) {
        return work();
    }
    Applied erase_publication(std::uint64_t id);
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

    template <class Table, class... More>
    Applied add_row(Operation operation, const typename Table::Record& row, const More&... more);
    template <class... Values>
    Applied add_values(Operation operation, const Values&... values);
    void ask(Operation operation, std::uint64_t id);
    std::uint64_t number_mark(base::WallTime keep_until);
    Rows& open(Operation operation);

    const Home& home_;
    std::uint64_t next_mark_;
    base::WallTime first_end_ = base::WallTime::max();
    std::size_t place_ = 0;
    std::array<Rows, kOperations> rows_;
};

}  // namespace herald::store
