// server/message/stored_messages.cpp: messages kept for users who are not there (RFC 3428 7).
#include "server/message/stored_messages.h"

#include <utility>

#include "base/log.h"

namespace herald::server {

namespace {

/// Answers that say nobody is there for good, after which a message is given up.
constexpr std::uint32_t kMostFailures = 3;

/// What a row takes beside its headers and its body.
constexpr std::uint64_t kBytesAround = 500;

constexpr std::uint64_t kept_weight(std::uint64_t size) {
    return size + kBytesAround;
}

base::Counter& ended(base::Metrics& metrics, const char* how) {
    return metrics.counter("herald_messages_ended_total", "Kept messages, by how they ended",
                           {{"how", how}});
}

/// The row of a message that is done, tried until it is written: unless the store comes back, it is
/// delivered twice after a restart.
void commit_end(Context& context, std::uint64_t id, base::WallTime keep_until,
                StoredMessages::Done done = {}) {
    context.port.commit(
        store::RemoveMessage{id, keep_until},
        [&context, id, keep_until, done = std::move(done)](store::Outcome outcome) mutable {
            if (done) done(outcome);
            if (outcome == store::Outcome::committed) return;
            context.loop.timers().arm(
                context.loop.now() + kExpiryRetry,
                [&context, id, keep_until] { commit_end(context, id, keep_until); });
        });
}

}  // namespace

StoredMessages::StoredMessages(Context& context)
    : context_(context),
      queues_(context.metrics.gauge("herald_messages_waiting",
                                    "Messages kept for users who are not there")),
      kept_(context.metrics.counter("herald_messages_kept_total",
                                    "Messages kept for users who were not there")),
      delivered_(ended(context.metrics, "delivered")),
      refused_(ended(context.metrics, "refused")),
      expired_(ended(context.metrics, "expired")),
      undeliverable_(ended(context.metrics, "undeliverable")) {}

bool StoredMessages::has_room(std::string_view aor, std::uint64_t sender,
                              std::uint64_t size) const {
    const auto& config = context_.config;
    const base::Budget::Most most{.bytes = config.message_total_bytes,
                                  .bytes_each = config.message_per_sender_bytes,
                                  .things = config.message_total};
    return context_.limits.stored_messages.has_room(sender, kept_weight(size), most) &&
           queues_.of(aor).has_room(size, {config.message_per_user, config.message_per_user_bytes});
}

void StoredMessages::add(const std::string& aor, const KeptMessage& message) {
    auto& kept = queues_.add(aor, message);
    arm(aor, kept, kept.keep_until);
}

void StoredMessages::keep(store::Message message, std::uint64_t sender, Done done) {
    const std::string aor = message.recipient;
    if (context_.is_at_rest(aor)) {
        return context_.rest.run(context_.cell_of(aor), [this, message = std::move(message), sender,
                                                         done = std::move(done)]() mutable {
            keep(std::move(message), sender, std::move(done));
        });
    }
    queues_.reserve(aor, message.size);
    KeptMessage entry;
    entry.id = message.id;
    entry.mark = context_.mark_of(message.mark);
    entry.size = message.size;
    entry.keep_until = message.keep_until;
    entry.made = context_.loop.now();
    entry.share = context_.limits.stored_messages.hold(sender, kept_weight(entry.size));
    context_.port.commit(
        store::PutMessage{std::move(message)},
        [this, aor, entry, done = std::move(done)](store::Outcome outcome) mutable {
            if (outcome == store::Outcome::committed) {
                kept_.add();
                add(aor, entry);
            }
            queues_.settle(aor, entry.size);
            done(outcome);
            if (settled_) settled_(aor);
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
    const auto sender = context_.limits.holder(row.sender);
    if (!row.is_done)
        entry.share = context_.limits.stored_messages.hold(sender, kept_weight(entry.size));
    add(row.recipient, entry);
}

void StoredMessages::on_clock_step(base::Duration ahead) {
    const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    queues_.for_each([&](const std::string& aor, KeptMessage& entry) {
        if (entry.is_recovered) {
            arm(aor, entry, entry.keep_until);
        } else {
            entry.keep_until += step;
        }
    });
}

void StoredMessages::forget_some(Cell cell, Forgetting& forgetting) {
    queues_.forget_some(
        forgetting, [&](const std::string& aor) { return context_.cell_of(aor) == cell; },
        [&](KeptMessage& message) { context_.loop.timers().cancel(message.expiry); });
}

void StoredMessages::deliver(std::string_view aor, std::uint64_t id) {
    auto* entry = queues_.find_waiting(aor, id);
    if (!entry) return;
    delivered_.add();
    end(std::string(aor), *entry);
}

void StoredMessages::give_up(const store::Message& message, Why why) {
    auto* entry = queues_.find_waiting(message.recipient, message.id);
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
    auto* entry = queues_.find_waiting(message.recipient, message.id);
    if (entry && ++entry->failures >= kMostFailures) give_up(message, Why::undeliverable);
}

bool StoredMessages::remove(std::string_view aor, std::uint64_t id, Done done) {
    auto* entry = queues_.find_waiting(aor, id);
    if (!entry) return false;
    end(std::string(aor), *entry, std::move(done));
    return true;
}

/// Ends a message's delivery. The row of a young one stays for repetitions of its request.
void StoredMessages::end(const std::string& aor, KeptMessage& entry, Done done) {
    queues_.finish(aor, entry);
    entry.share.reset();
    const auto id = entry.id;
    if (context_.loop.now() - entry.made >= kTombstoneLife) {
        erase(aor, entry);
        return commit_end(context_, id, {}, std::move(done));
    }
    entry.keep_until = context_.wall() + kTombstoneLife;
    arm(aor, entry, entry.keep_until);
    commit_end(context_, id, entry.keep_until, std::move(done));
}

void StoredMessages::erase(const std::string& aor, KeptMessage& entry) {
    context_.loop.timers().cancel(entry.expiry);
    queues_.erase(aor, entry.id);
}

void StoredMessages::arm(const std::string& aor, KeptMessage& entry, base::WallTime when) {
    context_.expiry().arm(entry.expiry, when, {},
                          [this, aor, id = entry.id] { on_expiry(aor, id); });
}

void StoredMessages::on_expiry(const std::string& aor, std::uint64_t id) {
    auto* entry = queues_.find(aor, id);
    if (!entry) return;
    entry->expiry = {};
    if (context_.is_at_rest(aor)) {
        return context_.expiry().wait(entry->expiry, [this, aor, id] { on_expiry(aor, id); });
    }
    if (context_.expiry().is_early(entry->keep_until)) return arm(aor, *entry, entry->keep_until);
    if (entry->is_done) {
        erase(aor, *entry);
        return commit_end(context_, id, {});
    }
    context_.port.load(id, [this, aor, id](Result<store::Message> message) {
        auto* late = queues_.find_waiting(aor, id);
        if (!late) return;
        if (!message) return arm(aor, *late, context_.wall() + kExpiryRetry);
        give_up(*message, Why::expired);
    });
}

}  // namespace herald::server
