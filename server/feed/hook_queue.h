// server/feed/hook_queue.h: events that wait to be posted to a program, in the store: each until it
// was taken, over restarts too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "server/core/agent.h"
#include "server/core/context.h"

namespace herald::server {

/// One that waits.
struct QueuedEvent {
    std::uint64_t id = 0;  ///< rises in order of what happened
    std::string resource;  ///< whose it is: those of one go in order
    std::string body;      ///< JSON as it is posted
    base::WallTime at{};
};

/// One a shard; that which owns kHookAddress has them all. On its thread.
class HookQueue final : public Agent {
public:
    explicit HookQueue(Context& context);

    using Done = base::Task<void(Status)>;
    /// Keeps `events`, all or none; their ids are chosen here. With more than hooks.queue, or
    /// hooks.memory bytes of them, the oldest give way. `done` runs after the commit. Faults:
    /// unavailable, unknown_outcome.
    void keep(std::vector<QueuedEvent> events, Done done);
    /// They were taken, or are given up. Likewise.
    void drop(const std::vector<std::uint64_t>& ids, Done done);
    /// The oldest after `after`, at most `most`.
    std::vector<QueuedEvent> page(std::uint64_t after, std::size_t most) const;

    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return events_.size(); }

private:
    /// Of the row of the event of that id, which is its counter.
    std::uint64_t row_number(std::uint64_t id) const;
    store::PutPublication row_of(const QueuedEvent& event) const;
    /// Those that have to give way to so many more, of so many bytes.
    std::vector<std::uint64_t> excess(std::size_t count, std::uint64_t bytes) const;
    void add(QueuedEvent event);
    void remove(std::uint64_t id);

    Context& context_;
    std::map<std::uint64_t, QueuedEvent> events_;
    std::uint64_t used_ = 0;  ///< bytes, as bytes_of() counts them
    base::Counter& waiting_;
    base::Counter& waiting_bytes_;
    base::Counter& given_way_;
};

/// The address in whose name they are kept.
extern const std::string_view kHookAddress;

}  // namespace herald::server
