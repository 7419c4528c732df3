// server/message/message_queues.cpp: what is kept for each user of a shard, and for all of them.
#include "server/message/message_queues.h"

#include <algorithm>

#include "store/row_number.h"

namespace herald::server {

const MessageQueue& MessageQueues::of(std::string_view aor) const {
    static const MessageQueue kEmpty;
    if (queues_.empty()) return kEmpty;
    const auto found = queues_.find(aor);
    return found == queues_.end() ? kEmpty : found->second;
}

std::vector<std::string> MessageQueues::users() const {
    std::vector<std::string> users;
    for (const auto& [aor, queue] : queues_) {
        if (queue.waiting() > 0) users.push_back(aor);
    }
    return users;
}

std::vector<std::uint64_t> MessageQueues::ids(std::string_view aor) const {
    std::vector<std::uint64_t> found;
    for (const auto& [owner, queue] : queues_) {
        if (!aor.empty() && owner != aor) continue;
        for (const auto& message : queue.messages()) {
            if (!message.is_done) found.push_back(message.id);
        }
    }
    std::sort(found.begin(), found.end(), store::is_older);
    return found;
}

void MessageQueues::settle(const std::string& aor, std::uint64_t size) {
    queues_[aor].release(size);
    drop_if_idle(aor);
}

KeptMessage& MessageQueues::add(const std::string& aor, const KeptMessage& message) {
    if (!message.is_done) {
        ++count_;
        waiting_.add();
    }
    auto& queue = queues_[aor];
    queue.add(message);
    return *queue.find(message.id);
}

KeptMessage* MessageQueues::find(std::string_view aor, std::uint64_t id) {
    const auto found = queues_.find(aor);
    return found == queues_.end() ? nullptr : found->second.find(id);
}

KeptMessage* MessageQueues::find_waiting(std::string_view aor, std::uint64_t id) {
    auto* message = find(aor, id);
    return message && !message->is_done ? message : nullptr;
}

void MessageQueues::finish(const std::string& aor, KeptMessage& message) {
    queues_[aor].finish(message);
    --count_;
    waiting_.subtract();
}

void MessageQueues::erase(const std::string& aor, std::uint64_t id) {
    queues_[aor].erase(id);
    drop_if_idle(aor);
}

void MessageQueues::drop_if_idle(const std::string& aor) {
    const auto found = queues_.find(aor);
    if (found != queues_.end() && found->second.is_idle()) queues_.erase(found);
}

}  // namespace herald::server
