// server/provisioning/job_table.h: the jobs of one shard, found by their addresses.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/provisioning/job.h"
#include "server/provisioning/job_order.h"

namespace herald::server {

/// On the shard's thread. A job stays where it is until it leaves.
class JobTable {
public:
    using Map = base::TextMap<std::unique_ptr<Job>>;

    explicit JobTable(Context& context) : context_(context) {}

    /// nullptr: it is there no more.
    Job* find(const std::string& address) const;
    Job& add(std::unique_ptr<Job> job);
    /// Made, of what is read of it later, where it is not there.
    Job& obtain(const std::string& address);
    /// Its timers leave with it.
    void remove(const std::string& address);
    /// Likewise all of the cell.
    void forget_some(Cell cell, Forgetting& forgetting);

    JobLoad load() const noexcept;
    /// Of those that are over; nullptr where there is none.
    const Job* oldest_over() const;
    /// Whether `is_it(const Job&)` of a job of the cell.
    template <class Predicate>
    bool any_of(Cell cell, Predicate is_it) const {
        return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
            return context_.cell_of(entry.first) == cell && is_it(*entry.second);
        });
    }

    std::size_t size() const noexcept { return jobs_.size(); }
    Map::const_iterator begin() const noexcept { return jobs_.begin(); }
    Map::const_iterator end() const noexcept { return jobs_.end(); }

private:
    Context& context_;
    Map jobs_;
};

}  // namespace herald::server
