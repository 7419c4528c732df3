// store/postgres/row_batch.h: the changes of one transaction, as arrays for the statements that
// make them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "store/meaning.h"
#include "store/postgres/row_arrays.h"

namespace herald::store {

/// Takes changes that name no row twice. What it says of a change at once is provisional: refused
/// is also what settle() finds no row for.
class RowBatch {
public:
    /// Tombstones are numbered from `next_mark` on.
    RowBatch(const Home& home, std::uint64_t next_mark) : home_(home), arrays_(next_mark) {}

    /// The outcome belongs to `place`.
    Applied add(const Change& change, std::size_t place);

    using Rows = RowArrays::Rows;
    Rows& rows(Operation operation) { return arrays_.of(operation); }
    const Rows& rows(Operation operation) const { return arrays_.of(operation); }
    /// Refuses in `outcomes` those who asked for a row and are not among the `met` ids.
    void settle(Operation operation, std::vector<std::uint64_t> met,
                std::vector<Outcome>& outcomes) const;

    std::uint64_t next_mark() const noexcept { return arrays_.next_mark(); }
    /// When the first of the tombstones ends.
    base::WallTime first_end() const noexcept { return arrays_.first_end(); }

private:
    const Home& home_;
    RowArrays arrays_;
};

}  // namespace herald::store
