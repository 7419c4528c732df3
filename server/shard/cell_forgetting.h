// server/shard/cell_forgetting.h: everything of one cell leaves the memory of a shard.
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/core/forgetting.h"
#include "server/shard/cell_parts.h"

namespace herald::server {

/// Of a cell that is at rest, a small step at a time. Timers included; nobody is told, nothing is
/// written.
class CellForgetting {
public:
    CellForgetting(const CellParts& parts, Cell cell) : parts_(parts), cell_(cell) {}

    /// Takes the next step; false: all that could be forgotten is.
    bool step();
    /// Something is left, as changes of it were under way: to be tried again once they are done.
    bool has_left() const;
    void try_again() noexcept { skipped_ = 0; }

private:
    bool forget_part();
    void forget_others();
    bool forget_some();
    bool forget_watchers(Resource& resource);

    const CellParts parts_;
    const Cell cell_;
    Forgetting forgetting_;    ///< of the part that is being gone through
    std::size_t done_ = 0;     ///< agents, and all that is no resource
    std::size_t skipped_ = 0;  ///< resources
};

}  // namespace herald::server
