// server/message/message_queues.h: what is kept for each user of a shard, and for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/text_map.h"
#include "server/core/forgetting.h"
#include "server/message/message_queue.h"

namespace herald::server {

/// One of a shard. A user has a queue while something is kept for him, or on its way into the
/// store.
class MessageQueues {
public:
    /// `waiting` counts the messages not done.
    explicit MessageQueues(base::Counter& waiting) : waiting_(waiting) {}
    ~MessageQueues() { waiting_.subtract(count_); }
    MessageQueues(const MessageQueues&) = delete;
    MessageQueues& operator=(const MessageQueues&) = delete;

    /// An empty one for whom nothing is kept.
    const MessageQueue& of(std::string_view aor) const;
    /// Messages waiting, for all users.
    std::size_t count() const noexcept { return count_; }
    /// Users for whom something waits.
    std::vector<std::string> users() const;
    /// Ids of the messages waiting for `aor`, or for everybody where it is empty, in order.
    std::vector<std::uint64_t> ids(std::string_view aor) const;
    std::size_t held() const noexcept { return queues_.size(); }

    /// A message of the user is on its way into the store, until settle().
    void reserve(const std::string& aor, std::uint64_t size) { queues_[aor].reserve(size); }
    void settle(const std::string& aor, std::uint64_t size);
    KeptMessage& add(const std::string& aor, const KeptMessage& message);
    /// Done or not; nullptr: there is none.
    KeptMessage* find(std::string_view aor, std::uint64_t id);
    /// One that waits.
    KeptMessage* find_waiting(std::string_view aor, std::uint64_t id);
    /// Waits no more; it stays known until erase().
    void finish(const std::string& aor, KeptMessage& message);
    void erase(const std::string& aor, std::uint64_t id);

    template <class Visit>
    void for_each(Visit&& visit) {
        for (auto& [aor, queue] : queues_) {
            for (auto& message : queue.messages()) visit(aor, message);
        }
    }
    /// Drops queues of users of whom `is_meant` is true, as many as fit in a step. `gone(message)`
    /// is told before.
    template <class IsMeant, class Gone>
    void forget_some(Forgetting& forgetting, IsMeant is_meant, Gone gone) {
        forgetting.erase(
            queues_, [&](const auto& entry) { return is_meant(entry.first); },
            [&](auto& entry) {
                auto& queue = entry.second;
                forgetting.count(queue.messages().size());
                for (auto& message : queue.messages()) gone(message);
                count_ -= queue.waiting();
                waiting_.subtract(queue.waiting());
            });
    }

private:
    void drop_if_idle(const std::string& aor);

    base::TextMap<MessageQueue> queues_;
    std::size_t count_ = 0;
    base::Counter& waiting_;
};

}  // namespace herald::server
