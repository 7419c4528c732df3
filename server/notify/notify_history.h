// server/notify/notify_history.h: the last NOTIFYs of a shard and what became of them, for who asks
// why a watcher sees what he sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "server/core/tables.h"

namespace herald::server {

/// A NOTIFY that is not on its way any more.
struct PastNotify {
    std::uint64_t subscription = 0;  ///< a packed Id
    base::Instant sent_at{};
    std::uint32_t took = 0;  ///< milliseconds to its final answer, or until none was waited for
    std::uint32_t cseq = 0;
    std::uint16_t answer = 0;  ///< status, 408 for none
    SubscriptionState state = SubscriptionState::active;
};

/// A fixed number of them, whatever number of subscriptions there are. Those that failed have a
/// place of their own, where what went well does not push them out. One per shard.
class NotifyHistory {
public:
    static constexpr std::size_t kMost = 8192;
    static constexpr std::size_t kMostFailed = 2048;

    void add(const PastNotify& notify) { ring_of(notify).add(notify); }
    /// Of one subscription, the latest first, at most `most`.
    std::vector<PastNotify> of(SubscriptionTable::Id id, std::size_t most) const;

private:
    /// Grows to its size, then forgets the oldest.
    class Ring {
    public:
        explicit Ring(std::size_t most) : most_(most) {}
        void add(const PastNotify& notify);
        const std::vector<PastNotify>& all() const noexcept { return kept_; }

    private:
        std::size_t most_;
        std::size_t next_ = 0;
        std::vector<PastNotify> kept_;
    };

    Ring& ring_of(const PastNotify& notify) noexcept {
        return notify.answer / 100 == 2 ? answered_ : failed_;
    }

    Ring answered_{kMost}, failed_{kMostFailed};
};

}  // namespace herald::server
