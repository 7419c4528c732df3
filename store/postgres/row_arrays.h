// store/postgres/row_arrays.h: rows as arrays for the statements that take them: for each operation
// one array a column.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "store/postgres/arrays.h"
#include "store/postgres/statements.h"

namespace herald::store {

/// Those of one transaction.
class RowArrays {
public:
    /// Tombstones are numbered from `next_mark` on.
    explicit RowArrays(std::uint64_t next_mark) : next_mark_(next_mark) {}

    struct Rows {
        std::vector<ArrayColumn> columns;  ///< none: nothing to do
        std::vector<std::pair<std::uint64_t, std::size_t>>
            asked;  ///< id and place, can_refuse only
    };
    Rows& of(Operation operation) { return rows_[static_cast<std::size_t>(operation)]; }
    const Rows& of(Operation operation) const { return rows_[static_cast<std::size_t>(operation)]; }

    /// Adds a row of `Table`, and what the statement wants beside it.
    template <class Table, class... More>
    void add_row(Operation operation, const typename Table::Record& row, const More&... more) {
        ArrayFiller fill(open(operation).columns);
        Table::each(row, fill);
        (fill({}, more), ...);
    }
    template <class... Values>
    void add_values(Operation operation, const Values&... values) {
        ArrayFiller fill(open(operation).columns);
        (fill({}, values), ...);
    }
    /// The outcome of `place` hangs on whether the operation meets the row `id`.
    void ask(Operation operation, std::uint64_t id, std::size_t place) {
        of(operation).asked.emplace_back(id, place);
    }
    /// The number of a tombstone that ends then.
    std::uint64_t number_mark(base::WallTime keep_until);

    std::uint64_t next_mark() const noexcept { return next_mark_; }
    /// When the first of the tombstones ends.
    base::WallTime first_end() const noexcept { return first_end_; }

private:
    Rows& open(Operation operation);

    std::uint64_t next_mark_;
    base::WallTime first_end_ = base::WallTime::max();
    std::array<Rows, kOperations> rows_;
};

}  // namespace herald::store
