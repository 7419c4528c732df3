// server/message/stored_messages.h: messages kept for users who are not there (RFC 3428 7): their
// quota, their rows in the store, their end.
//
//   keep --commit--> waiting --delivered, given up, removed--> done --1 min--> gone
//
//   A done one is known for repetitions of its request only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/message/message_queues.h"
#include "store/records.h"

namespace herald::server {

/// The messages of one shard's users. All on its thread.
class StoredMessages {
public:
    explicit StoredMessages(Context& context);

    const MessageQueues& queues() const noexcept { return queues_; }
    /// Whether `size` bytes more may be kept for the user, of a sender (Limits::holder()).
    bool has_room(std::string_view aor, std::uint64_t sender, std::uint64_t size) const;

    using Done = base::Task<void(store::Outcome)>;
    /// Keeps `message` durably; `done` runs after the commit. Call has_room() before.
    void keep(store::Message message, std::uint64_t sender, Done done);
    /// Told after each `done`, whatever the outcome.
    void on_kept(base::Task<void(const std::string& aor)> hook) { settled_ = std::move(hook); }
    /// One row of the store, before the first request.
    void recover(const store::Message& row);
    /// All of the cell's users out of memory, and nobody is told.
    void forget_some(Cell cell, Forgetting& forgetting);
    void on_clock_step(base::Duration ahead);

    /// A device has it. What is not there (any more) is passed over, here and below.
    void deliver(std::string_view aor, std::uint64_t id);
    enum class Why : std::uint8_t { refused, expired, undeliverable };
    /// Nobody will get it; its sender may want to know.
    void give_up(const store::Message& message, Why why);
    /// An answer that says nobody is there for good: the third one gives it up.
    void fail(const store::Message& message);
    /// Told when a message was given up, with the whole message.
    void on_given_up(base::Task<void(const store::Message&)> hook) { given_up_ = std::move(hook); }
    /// Removes a message an operator does not want to be delivered; false: there is none, and
    /// `done` is not called.
    bool remove(std::string_view aor, std::uint64_t id, Done done);

private:
    void add(const std::string& aor, const KeptMessage& message);
    void end(const std::string& aor, KeptMessage& entry, Done done = {});
    void erase(const std::string& aor, KeptMessage& entry);
    void arm(const std::string& aor, KeptMessage& entry, base::WallTime when);
    void on_expiry(const std::string& aor, std::uint64_t id);

    Context& context_;
    MessageQueues queues_;
    base::Task<void(const std::string&)> settled_;
    base::Task<void(const store::Message&)> given_up_;
    base::Counter& kept_;
    base::Counter& delivered_;
    base::Counter& refused_;
    base::Counter& expired_;
    base::Counter& undeliverable_;
};

}  // namespace herald::server
