// server/message/stored_messages.h: messages kept for users who are not there, and their delivery
// when they come (RFC 3428 7).
//
//   idle --on_registered--> loading --> sending --settled--> loading ... --> idle
//
//   One message of a user at a time, oldest first. In memory is what order, quota and expiry need;
//   headers and body are read from the store when they are sent.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/core/context.h"
#include "server/message/relay.h"
#include "server/register/registrar.h"
#include "store/records.h"

namespace herald::server {

/// The messages of one shard's users. All on its thread.
class StoredMessages {
public:
    StoredMessages(Context& context, Relay& relay, Registrar& registrar);
    ~StoredMessages();
    StoredMessages(const StoredMessages&) = delete;
    StoredMessages& operator=(const StoredMessages&) = delete;

    /// Whether `size` bytes more may be kept for the user.
    bool has_room(std::string_view aor, std::uint64_t size) const;
    /// A message of this request was kept, in this run or before.
    bool knows(std::string_view aor, std::uint64_t mark) const;
    bool is_delivering(std::string_view aor) const;

    using Done = base::Task<void(store::Outcome)>;
    /// Keeps `message` durably; `done` runs after the commit. Room was asked for.
    void keep(store::Message message, Done done);
    /// It was delivered after all.
    void forget(std::string_view aor, std::uint64_t id);
    /// The user may be reached: what waits for him is sent, in order.
    void deliver(const std::string& aor);

    /// One row of the store, before the first request.
    void recover(const store::Message& row);
    /// All of the cell's users out of memory, and nobody is told.
    void forget(Cell cell);
    std::size_t held() const noexcept { return queues_.size() + ready_.size(); }
    /// After the last row: users who are there get what waits for them.
    void resume();

    /// Told when a message ends otherwise than by delivery, with the whole message.
    void on_failed(base::Task<void(const store::Message&)> hook) { failed_ = std::move(hook); }

    /// One message as an operator sees it; headers and body come from the store.
    struct Entry {
        std::uint64_t id = 0;
        std::uint64_t mark = 0;
        std::uint64_t size = 0;
        base::WallTime keep_until{};
        base::Instant made{};  ///< in this run
        base::TimerId expiry;
        std::uint32_t failures = 0;  ///< answers that were neither a yes nor a no
        bool is_done = false;        ///< kept for repetitions of the request only
    };
    /// Ids of the messages waiting for `aor`, or for everybody where it is empty, in order.
    std::vector<std::uint64_t> ids(std::string_view aor) const;
    /// Removes a message an operator does not want to be delivered; false: there is none, and
    /// `done` is not called.
    bool remove(std::string_view aor, std::uint64_t id, Done done);
    std::size_t count() const noexcept { return count_; }

private:
    struct Queue {
        std::deque<Entry> entries;   ///< by id
        std::uint64_t reserved = 0;  ///< bytes on their way into the store
        std::uint32_t reservations = 0;
        std::uint64_t bytes = 0;
        std::uint32_t waiting = 0;  ///< entries not done
        bool is_delivering = false;
        bool is_wanted = false;  ///< somebody registered while it was delivered
        /// Devices that said nothing in this round.
        std::unordered_set<std::string> silent;
    };
    using Queues = std::unordered_map<std::string, Queue>;

    void add(Queue& queue, Entry entry);
    void drop_if_idle(const std::string& aor);
    void next(const std::string& aor);
    void send(const std::string& aor, store::Message message);
    void on_report(const std::string& aor, const store::Message& message,
                   const RelayReport& report);
    void give_up(const std::string& aor, const store::Message& message, Entry& entry,
                 base::Counter& counter);
    void on_answer(const std::string& aor, const store::Message& message, int status);
    void on_settled(const std::string& aor, std::uint64_t id, const RelayReport& report);
    void end_round(const std::string& aor);
    void end(const std::string& aor, Entry& entry, Done done = {});
    void commit_end(std::uint64_t id, base::WallTime keep_until, Done done = {});
    void erase(const std::string& aor, std::uint64_t id);
    void arm(const std::string& aor, Entry& entry, base::WallTime when);
    void on_expiry(const std::string& aor, std::uint64_t id);
    Entry* find(std::string_view aor, std::uint64_t id);
    void schedule();
    void start_ready();

    Context& context_;
    Relay& relay_;
    Registrar& registrar_;
    Queues queues_;
    std::deque<std::string> ready_;  ///< users whose turn comes
    std::size_t rounds_ = 0;         ///< users being delivered to
    std::size_t count_ = 0;          ///< messages waiting
    bool is_scheduled_ = false;
    base::Task<void(const store::Message&)> failed_;
    base::Counter& waiting_;
    base::Counter& kept_;
    base::Counter& delivered_;
    base::Counter& refused_;
    base::Counter& expired_;
    base::Counter& undeliverable_;
};

/// What an answer means for a message that was kept.
enum class DeliveryVerdict : std::uint8_t {
    delivered,
    refused,  ///< for good: its sender may want to know
    failed,   ///< likewise when it happens too often
    absent,   ///< the next registration brings another try
};
DeliveryVerdict delivery_verdict(int status) noexcept;

/// Where the contacts of a user are; `except` are Request-URIs left out.
std::vector<RelayTarget> targets_of(const std::vector<const packages::Binding*>& bindings,
                                    std::uint32_t epoch,
                                    const std::unordered_set<std::string>& except = {});

}  // namespace herald::server
