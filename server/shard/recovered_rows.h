// server/shard/recovered_rows.h: rows of the store come back into the memory of one shard: all of
// them at a start, those of one cell later.
//
//   recover() for each row -> Resumption: everybody takes up his work, and who lacks a document gets it
#pragma once

#include <cstddef>
#include <vector>

#include "server/shard/cell_parts.h"

namespace herald::server {

/// One per shard, on its thread; before the loop runs on the one that made it.
class RecoveredRows {
public:
    explicit RecoveredRows(const CellParts& parts) : parts_(parts) {}

    /// One row; nothing runs out before `not_before`.
    void recover(store::Publication row, base::WallTime not_before);
    void recover(const store::Subscription& row, base::WallTime not_before);
    /// Likewise one of many, before anything but rows comes.
    void gather(const store::Subscription& row, base::WallTime not_before);
    void recover(const store::Message& row);
    /// Whether anybody watches the resource: else it is of no use.
    bool recover(const store::Confirmation& row);
    /// After the last row of these cells.
    void resume(const Cells& cells);

private:
    friend class Resumption;
    void remember_login(const store::Subscription& row);
    void await_copies();

    const CellParts parts_;
    base::TimerId copies_end_;  ///< of what tombstones were read for
};

/// What follows the last row of some cells, a small step at a time.
class Resumption {
public:
    Resumption(RecoveredRows& rows, const Cells& cells) : rows_(rows), cells_(cells) {}

    /// Takes the next step; false: it was the last.
    bool step();

private:
    void resume_others();

    RecoveredRows& rows_;
    const Cells cells_;
    std::size_t agent_ = 0;             ///< the next one
    bool has_resources_ = false;        ///< they were looked up
    std::vector<std::uint32_t> slots_;  ///< of resources still to be resumed
};

}  // namespace herald::server
