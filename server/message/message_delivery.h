// server/message/message_delivery.h: brings users who come what was kept for them (RFC 3428 7, 8).
//
//   idle --deliver--> loading --> sending --settled--> loading ... --> idle
//
//   One message of a user at a time, oldest first, to all devices that answered so far.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/message/relay_targets.h"
#include "server/message/stored_messages.h"
#include "server/register/bindings.h"

namespace herald::server {

/// The rounds of one shard. All on its thread.
class MessageDelivery {
public:
    MessageDelivery(Context& context, StoredMessages& stored, Relay& relay, Bindings& bindings);
    MessageDelivery(const MessageDelivery&) = delete;
    MessageDelivery& operator=(const MessageDelivery&) = delete;

    /// The user may be reached: what waits for him is sent, in order.
    void deliver(const std::string& aor);
    bool is_delivering(const std::string& aor) const;
    bool is_delivering(Cell cell) const;
    /// What was asked for while it could not be: a message was being kept, or another one was on
    /// its way to the user's devices.
    void look_again(const std::string& aor);
    /// Whether a message is on its way to the devices of a user, so that a round must wait.
    void on_ask_busy(base::Task<bool(const std::string& aor)> hook) { is_busy_ = std::move(hook); }
    /// After a start: users who are there get what waits for them.
    void resume(const Cells& cells);
    /// All of the cell's users out of memory.
    void forget_some(Cell cell, Forgetting& forgetting);
    std::size_t held() const noexcept { return rounds_.size() + ready_.size(); }

private:
    /// One user.
    struct Round {
        bool is_running = false;
        bool is_wanted = false;  ///< somebody registered while it ran, or could not begin
        /// Devices that said nothing in this round.
        base::TextSet silent;
    };

    void schedule();
    void start_ready();
    std::vector<RelayTarget> targets(const std::string& aor);
    void next(const std::string& aor);
    void send(const std::string& aor, store::Message message);
    void on_report(const store::Message& message, const RelayReport& report);
    void on_answer(const store::Message& message, int status);
    void on_settled(const std::string& aor, std::uint64_t id, const RelayReport& report);
    void end_round(const std::string& aor);
    void drop_if_idle(const std::string& aor);
    bool is_busy(const std::string& aor) { return is_busy_ && is_busy_(aor); }

    Context& context_;
    StoredMessages& stored_;
    Relay& relay_;
    Bindings& bindings_;
    base::TextMap<Round> rounds_;
    std::deque<std::string> ready_;  ///< users whose turn comes
    std::size_t running_ = 0;        ///< rounds begun
    bool is_scheduled_ = false;
    base::Task<bool(const std::string&)> is_busy_;
};

/// What an answer means for a message that was kept.
enum class DeliveryVerdict : std::uint8_t {
    delivered,
    refused,  ///< for good: its sender may want to know
    failed,   ///< likewise when it happens too often
    absent,   ///< the next registration brings another try
};
DeliveryVerdict delivery_verdict(int status) noexcept;

}  // namespace herald::server
