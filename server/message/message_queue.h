// server/message/message_queue.h: what is kept for one user: in memory what order, quota and expiry
// need.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/budget.h"
#include "base/time.h"
#include "base/timers.h"

namespace herald::server {

/// One message of a user. Headers and body are in the store.
struct KeptMessage {
    std::uint64_t id = 0;
    std::uint64_t mark = 0;
    std::uint64_t size = 0;
    base::WallTime keep_until{};
    base::Instant made{};  ///< in this run
    base::TimerId expiry;
    base::Budget::Share share{};  ///< of what is kept for all, until it is done
    std::uint32_t failures = 0;   ///< answers that were neither a yes nor a no
    bool is_done = false;         ///< kept for repetitions of the request only
    bool is_recovered = false;    ///< of an earlier run
};

/// The messages of one user in the order of their ids.
class MessageQueue {
public:
    struct Quota {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
    };
    bool has_room(std::uint64_t size, const Quota& quota) const noexcept;
    /// A message is on its way into the store: its room is taken.
    void reserve(std::uint64_t size) noexcept;
    void release(std::uint64_t size) noexcept;
    bool is_reserved() const noexcept { return reservations_ > 0; }

    void add(const KeptMessage& message);
    KeptMessage* find(std::uint64_t id) noexcept;
    bool is_waiting(std::uint64_t id) const noexcept;
    /// Counts no more; the row stays until erase().
    void finish(KeptMessage& message) noexcept;
    void erase(std::uint64_t id);

    bool knows(std::uint64_t mark) const noexcept;
    /// The first one that waits.
    std::optional<std::uint64_t> oldest() const noexcept;
    std::uint32_t waiting() const noexcept { return waiting_; }
    /// Nothing is kept and nothing on its way.
    bool is_idle() const noexcept { return messages_.empty() && reservations_ == 0; }
    const std::deque<KeptMessage>& messages() const noexcept { return messages_; }
    std::deque<KeptMessage>& messages() noexcept { return messages_; }

private:
    std::deque<KeptMessage> messages_;
    std::uint64_t reserved_ = 0;  ///< bytes on their way into the store
    std::uint64_t bytes_ = 0;
    std::uint32_t reservations_ = 0;
    std::uint32_t waiting_ = 0;  ///< messages not done
};

}  // namespace herald::server
