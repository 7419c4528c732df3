// store/postgres/row_arrays.cpp: rows as arrays for the statements that take them.
#include "store/postgres/row_arrays.h"

#include <algorithm>

namespace herald::store {

std::uint64_t RowArrays::number_mark(base::WallTime keep_until) {
    first_end_ = std::min(first_end_, keep_until);
    return next_mark_++;
}

RowArrays::Rows& RowArrays::open(Operation operation) {
    Rows& rows = of(operation);
    if (rows.columns.empty()) {
        for (const Element element :
             array_statements()[static_cast<std::size_t>(operation)].columns) {
            rows.columns.emplace_back(element);
        }
    }
    return rows;
}

}  // namespace herald::store
