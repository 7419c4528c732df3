// server/message/stored_messages.cpp: messages kept for users who are not there (RFC 3428 7).
#include "server/message/stored_messages.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace herald::server {

namespace {

/// Answers that say nobody is there for good, after which a message is given up.
constexpr std::uint32_t kMostFailures = 3;

base::Counter& ended(base::Metrics& metrics, const char* how) {
    return metrics.counter("herald_messages_ended_total", "Kept messages, by how they ended",
                           {{"how", how}});
}

}  // namespace

StoredMessages::StoredMessages(Context& context)
    : context_(context),
      waiting_(context.metrics.gauge("herald_messages_waiting",
                                     "Messages kept for users who are not there")),
      kept_(context.metrics.counter("herald_messages_kept_total",
                                    "Messages kept for users who were not there")),
      delivered_(ended(context.metrics, "delivered")),
      refused_(ended(context.metrics, "refused")),
      expired_(ended(context.metrics, "expired")),
      undeliverable_(ended(context.metrics, "undeliverable")) {}

StoredMessages::~StoredMessages() {
    waiting_.subtract(count_);
}

const MessageQueue* StoredMessages::queue(std::string_view aor) const {
    if (queues_.empty()) return nullptr;
    const auto found = queues_.find(std::string(aor));
    return found == queues_.end() ? nullptr : &found->second;
}

bool StoredMessages::has_room(std::string_view aor, std::uint64_t size) const {
    const auto& config = context_.config;
    if (count_ >= config.message_total) return false;
    const auto* queue = this->queue(aor);
    if (!queue) return size <= config.message_per_user_bytes;
    return queue->has_room(size, {config.message_per_user, config.message_per_user_bytes});
}

bool StoredMessages::knows(std::string_view aor, std::uint64_t mark) const {
    const auto* queue = this->queue(aor);
    return queue && queue->knows(mark);
}

bool StoredMessages::is_keeping(std::string_view aor) const {
    const auto* queue = this->queue(aor);
    return queue && queue->is_reserved();
}

bool StoredMessages::is_waiting(std::string_view aor, std::uint64_t id) const {
    const auto* queue = this->queue(aor);
    return queue && queue->is_waiting(id);
}

std::optional<std::uint64_t> StoredMessages::oldest(std::string_view aor) const {
    const auto* queue = this->queue(aor);
    return queue ? queue->oldest() : std::nullopt;
}

std::vector<std::string> StoredMessages::users() const {
    std::vector<std::string> users;
    for (const auto& [aor, queue] : queues_) {
        if (queue.waiting() > 0) users.push_back(aor);
    }
    return users;
}

std::vector<std::uint64_t> StoredMessages::ids(std::string_view aor) const {
    std::vector<std::uint64_t> found;
    for (const auto& [owner, queue] : queues_) {
        if (!aor.empty() && owner != aor) continue;
        for (const auto& entry : queue.messages()) {
            if (!entry.is_done) found.push_back(entry.id);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

KeptMessage* StoredMessages::find(std::string_view aor, std::uint64_t id) {
    const auto found = queues_.find(std::string(aor));
    auto* entry = found == queues_.end() ? nullptr : found->second.find(id);
    return entry && !entry->is_done ? entry : nullptr;
}

void StoredMessages::add(const std::string& aor, const KeptMessage& entry) {
    if (!entry.is_done) {
        ++count_;
        waiting_.add();
    }
    auto& queue = queues_[aor];
    queue.add(entry);
    arm(aor, *queue.find(entry.id), entry.keep_until);
}

void StoredMessages::keep(store::Message message, Done done) {
    const std::string aor = message.recipient;
    queues_[aor].reserve(message.size);
    KeptMessage entry;
    entry.id = message.id;
    entry.mark = context_.mark_of(message.mark);
    entry.size = message.size;
    entry.keep_until = message.keep_until;
    entry.made = context_.loop.now();
    context_.port.commit(
        store::PutMessage{std::move(message)},
        [this, aor, entry, done = std::move(done)](store::Outcome outcome) mutable {
            queues_[aor].release(entry.size);
            if (outcome == store::Outcome::committed) {
                kept_.add();
                add(aor, entry);
            }
            done(outcome);
            if (settled_) settled_(aor);
            drop_if_idle(aor);
        });
}

void StoredMessages::recover(const store::Message& row) {
    KeptMessage entry;
    entry.id = row.id;
    entry.mark = context_.mark_of(row.mark);
    entry.size = row.size;
    entry.keep_until = row.keep_until;
    entry.made = context_.loop.now();
    entry.is_done = row.is_done;
    entry.is_recovered = true;
    add(row.recipient, entry);
}

void StoredMessages::on_clock_step(base::Duration ahead) {
    const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    for (auto& [aor, queue] : queues_) {
        for (auto& entry : queue.messages()) {
            if (entry.is_recovered) {
                arm(aor, entry, entry.keep_until);
            } else {
                entry.keep_until += step;
            }
        }
    }
}

void StoredMessages::forget(Cell cell) {
    std::erase_if(queues_, [&](const auto& entry) {
        const auto& [aor, queue] = entry;
        if (context_.cell_of(aor) != cell) return false;
        for (const auto& kept : queue.messages()) {
            auto timer = kept.expiry;
            context_.loop.timers().cancel(timer);
        }
        count_ -= queue.waiting();
        waiting_.subtract(queue.waiting());
        return true;
    });
}

void StoredMessages::deliver(std::string_view aor, std::uint64_t id) {
    auto* entry = find(aor, id);
    if (!entry) return;
    delivered_.add();
    end(std::string(aor), *entry);
}

void StoredMessages::give_up(const store::Message& message, Why why) {
    auto* entry = find(message.recipient, message.id);
    if (!entry) return;
    auto& counter = why == Why::refused   ? refused_
                    : why == Why::expired ? expired_
                                          : undeliverable_;
    counter.add();
    base::log_info("message.given_up",
                   {{"aor", message.recipient}, {"call_id", message.mark.call_id}});
    end(message.recipient, *entry);
    if (given_up_) given_up_(message);
}

void StoredMessages::fail(const store::Message& message) {
    auto* entry = find(message.recipient, message.id);
    if (entry && ++entry->failures >= kMostFailures) give_up(message, Why::undeliverable);
}

bool StoredMessages::remove(std::string_view aor, std::uint64_t id, Done done) {
    auto* entry = find(aor, id);
    if (!entry) return false;
    end(std::string(aor), *entry, std::move(done));
    return true;
}

/// Ends a message's delivery. The row of a young one stays for repetitions of its request.
void StoredMessages::end(const std::string& aor, KeptMessage& entry, Done done) {
    queues_[aor].finish(entry);
    --count_;
    waiting_.subtract();
    const auto id = entry.id;
    if (context_.loop.now() - entry.made >= kTombstoneLife) {
        erase(aor, entry);
        return commit_end(id, {}, std::move(done));
    }
    entry.keep_until = context_.wall() + kTombstoneLife;
    arm(aor, entry, entry.keep_until);
    commit_end(id, entry.keep_until, std::move(done));
}

void StoredMessages::commit_end(std::uint64_t id, base::WallTime keep_until, Done done) {
    context_.port.commit(
        store::RemoveMessage{id, keep_until},
        [this, id, keep_until, done = std::move(done)](store::Outcome outcome) mutable {
            if (done) done(outcome);
            if (outcome == store::Outcome::committed) return;
            // Unless the store comes back, it is delivered twice after a restart.
            context_.loop.timers().arm(context_.loop.now() + kExpiryRetry,
                                       [this, id, keep_until] { commit_end(id, keep_until); });
        });
}

void StoredMessages::erase(const std::string& aor, KeptMessage& entry) {
    context_.loop.timers().cancel(entry.expiry);
    queues_[aor].erase(entry.id);
    drop_if_idle(aor);
}

void StoredMessages::drop_if_idle(const std::string& aor) {
    const auto found = queues_.find(aor);
    if (found != queues_.end() && found->second.is_idle()) queues_.erase(found);
}

void StoredMessages::arm(const std::string& aor, KeptMessage& entry, base::WallTime when) {
    context_.expiry().arm(entry.expiry, when, {},
                          [this, aor, id = entry.id] { on_expiry(aor, id); });
}

void StoredMessages::on_expiry(const std::string& aor, std::uint64_t id) {
    const auto found = queues_.find(aor);
    auto* entry = found == queues_.end() ? nullptr : found->second.find(id);
    if (!entry) return;
    entry->expiry = {};
    if (context_.expiry().is_early(entry->keep_until)) return arm(aor, *entry, entry->keep_until);
    if (entry->is_done) {
        erase(aor, *entry);
        return commit_end(id, {});
    }
    context_.port.load(id, [this, aor, id](Result<store::Message> message) {
        auto* late = find(aor, id);
        if (!late) return;
        if (!message) return arm(aor, *late, context_.wall() + kExpiryRetry);
        give_up(*message, Why::expired);
    });
}

}  // namespace herald::server
