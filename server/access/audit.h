// server/access/audit.h: who changed what of lists and rules, from what to what: the latest
// changes, as the first shard holds them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/listeners.h"
#include "base/task.h"
#include "store/records.h"

namespace herald::server {

/// What is asked for; empty: any.
struct AuditQuery {
    std::string resource, actor;
    base::WallTime since{};
    std::uint64_t after = 0;  ///< an id: only later ones
    std::size_t limit = 100;
};

class Audit {
public:
    /// Longest text of a state before or after a change.
    static constexpr std::size_t kMostText = 1000;

    void recover(store::AuditEntry entry) { entries_.push_back(std::move(entry)); }
    /// Adds a listener, called with each entry that is added.
    void on_added(base::Task<void(const store::AuditEntry&)> listener) {
        added_.add(std::move(listener));
    }
    /// Durable by now.
    void add(store::AuditEntry entry, std::size_t most);
    /// Ids below this are forgotten where `added` more come.
    std::uint64_t forgotten_before(std::size_t added, std::size_t most) const;
    /// Oldest first; the vector has one more than the limit where there are more.
    std::vector<store::AuditEntry> find(const AuditQuery& query) const;

private:
    std::deque<store::AuditEntry> entries_;
    base::Listeners<const store::AuditEntry&> added_;
};

}  // namespace herald::server
