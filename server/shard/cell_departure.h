// server/shard/cell_departure.h: a cell on its way out of one shard's memory.
//
//   looked at -> nothing of it is under way -> at rest, what watchers have is written -> looked at
//   again -> nothing has happened meanwhile -> forgotten
//   Where that takes too long, before anything is forgotten, it is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/task.h"
#include "server/shard/cell_forgetting.h"

namespace herald::server {

/// On the shard's thread, in slices of a millisecond; lives until it is done.
class CellDeparture : public std::enable_shared_from_this<CellDeparture> {
public:
    using Done = base::Task<void(bool is_gone)>;

    CellDeparture(const CellParts& parts, Cell cell, Done done);

    /// No request for the cell comes any more.
    void begin() { look(); }

private:
    /// What was found of it.
    struct Seen {
        bool is_moving = false;             ///< a change is under way, or not told yet
        bool has_flights = false;           ///< NOTIFYs without an answer
        std::vector<std::uint32_t> unkept;  ///< resources: the store does not know who has what
    };

    void look();
    bool look_at_some();
    void look_at(const Resource& resource, const Subscription& watcher);
    bool is_there(std::uint32_t slot) const;
    bool is_writing() const;
    bool is_awaited() const;
    void judge();
    void flush();
    bool flush_some();
    void again();
    void keep();
    void forget();
    void end_forgetting();

    const CellParts parts_;
    Context& context_;
    const Cell cell_;
    const base::Instant begun_;
    Done done_;
    std::vector<std::uint32_t> slots_;  ///< of the resources that are looked at
    std::size_t at_ = 0;
    std::size_t watcher_at_ = 0;
    bool is_kept_ = true;  ///< all watchers of the resource so far
    Seen seen_;
    CellForgetting forgetting_;
};

}  // namespace herald::server
