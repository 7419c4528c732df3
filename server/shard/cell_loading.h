// server/shard/cell_loading.h: the rows of one cell on their way into the memory of a shard.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "server/shard/recovered_rows.h"
#include "store/store.h"

namespace herald::server {

/// One shard's part of a cell that is at rest, a row at a time.
class CellLoading {
public:
    /// Its epoch was raised before, durably. Nothing runs out before `not_before`.
    CellLoading(Context& context, RecoveredRows& rows, Cell cell,
                std::unique_ptr<store::CellRows> part, base::WallTime not_before)
        : context_(context),
          rows_(rows),
          part_(std::move(part)),
          not_before_(not_before),
          resumption_(rows, {cell}) {}

    /// Takes the next step; false: it was the last.
    bool step();

private:
    bool take_row();
    void take_confirmation(store::Confirmation& row);

    Context& context_;
    RecoveredRows& rows_;
    std::unique_ptr<store::CellRows> part_;
    const base::WallTime not_before_;
    std::size_t next_ = 0;  ///< of all its rows, one kind after the other
    Resumption resumption_;
};

}  // namespace herald::server
