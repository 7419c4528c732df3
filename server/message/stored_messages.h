// server/message/stored_messages.h: messages kept for users who are not there (RFC 3428 7): their
// quota, their rows in the store, their end.
//
//   keep --commit--> waiting --delivered, given up, removed--> done --1 min--> gone
//
//   A done one is known for repetitions of its request only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/message/message_queue.h"
#include "store/records.h"

namespace herald::server {

/// The messages of one shard's users. All on its thread.
class StoredMessages {
public:
    explicit StoredMessages(Context& context);
    ~StoredMessages();
    StoredMessages(const StoredMessages&) = delete;
    StoredMessages& operator=(const StoredMessages&) = delete;

    /// Whether `size` bytes more may be kept for the user.
    bool has_room(std::string_view aor, std::uint64_t size) const;
    /// Whether a message of this request was kept, in this run or before.
    bool knows(std::string_view aor, std::uint64_t mark) const;
    /// One is on its way into the store.
    bool is_keeping(std::string_view aor) const;
    bool is_waiting(std::string_view aor, std::uint64_t id) const;
    /// The first of those that wait for the user.
    std::optional<std::uint64_t> oldest(std::string_view aor) const;
    /// Users for whom something waits.
    std::vector<std::string> users() const;
    /// Ids of the messages waiting for `aor`, or for everybody where it is empty, in order.
    std::vector<std::uint64_t> ids(std::string_view aor) const;
    std::size_t count() const noexcept { return count_; }

    using Done = base::Task<void(store::Outcome)>;
    /// Keeps `message` durably; `done` runs after the commit. Call has_room() before.
    void keep(store::Message message, Done done);
    /// Told after each `done`, whatever the outcome.
    void on_kept(base::Task<void(const std::string& aor)> hook) { settled_ = std::move(hook); }
    /// One row of the store, before the first request.
    void recover(const store::Message& row);
    /// All of the cell's users out of memory, and nobody is told.
    void forget(Cell cell);
    void on_clock_step(base::Duration ahead);
    std::size_t held() const noexcept { return queues_.size(); }

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
    using Queues = base::TextMap<MessageQueue>;

    const MessageQueue* queue(std::string_view aor) const;
    /// One that waits.
    KeptMessage* find(std::string_view aor, std::uint64_t id);
    void add(const std::string& aor, const KeptMessage& entry);
    void end(const std::string& aor, KeptMessage& entry, Done done = {});
    void commit_end(std::uint64_t id, base::WallTime keep_until, Done done = {});
    void erase(const std::string& aor, KeptMessage& entry);
    void drop_if_idle(const std::string& aor);
    void arm(const std::string& aor, KeptMessage& entry, base::WallTime when);
    void on_expiry(const std::string& aor, std::uint64_t id);

    Context& context_;
    Queues queues_;
    std::size_t count_ = 0;  ///< messages waiting
    base::Task<void(const std::string&)> settled_;
    base::Task<void(const store::Message&)> given_up_;
    base::Counter& waiting_;
    base::Counter& kept_;
    base::Counter& delivered_;
    base::Counter& refused_;
    base::Counter& expired_;
    base::Counter& undeliverable_;
};

}  // namespace herald::server
