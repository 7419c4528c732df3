// server/message/message_queue.cpp: what is kept for one user.
#include "server/message/message_queue.h"

#include <algorithm>

namespace herald::server {

bool MessageQueue::has_room(std::uint64_t size, const Quota& quota) const noexcept {
    return waiting_ + reservations_ < quota.messages && bytes_ + reserved_ + size <= quota.bytes;
}

void MessageQueue::reserve(std::uint64_t size) noexcept {
    reserved_ += size;
    ++reservations_;
}

void MessageQueue::release(std::uint64_t size) noexcept {
    reserved_ -= size;
    --reservations_;
}

void MessageQueue::add(const KeptMessage& message) {
    if (!message.is_done) {
        ++waiting_;
        bytes_ += message.size;
    }
    // Ids are given out in order of arrival, and the store answers in that order.
    const auto at =
        std::upper_bound(messages_.begin(), messages_.end(), message.id,
                         [](std::uint64_t id, const KeptMessage& other) { return id < other.id; });
    messages_.insert(at, message);
}

KeptMessage* MessageQueue::find(std::uint64_t id) noexcept {
    const auto at = std::lower_bound(
        messages_.begin(), messages_.end(), id,
        [](const KeptMessage& message, std::uint64_t wanted) { return message.id < wanted; });
    return at == messages_.end() || at->id != id ? nullptr : &*at;
}

bool MessageQueue::is_waiting(std::uint64_t id) const noexcept {
    return std::any_of(messages_.begin(), messages_.end(), [&](const KeptMessage& message) {
        return message.id == id && !message.is_done;
    });
}

void MessageQueue::finish(KeptMessage& message) noexcept {
    --waiting_;
    bytes_ -= message.size;
    message.is_done = true;
}

void MessageQueue::erase(std::uint64_t id) {
    std::erase_if(messages_, [&](const KeptMessage& message) { return message.id == id; });
}

bool MessageQueue::knows(std::uint64_t mark) const noexcept {
    return std::any_of(messages_.begin(), messages_.end(),
                       [&](const KeptMessage& message) { return message.mark == mark; });
}

std::optional<std::uint64_t> MessageQueue::oldest() const noexcept {
    const auto first = std::find_if(messages_.begin(), messages_.end(),
                                    [](const KeptMessage& message) { return !message.is_done; });
    return first == messages_.end() ? std::nullopt : std::optional(first->id);
}

}  // namespace herald::server
