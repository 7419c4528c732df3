// server/message/own_messages.h: messages made here, an operator's and notifications, on their way
// to a user or another domain.
//
//   One at a time to each recipient, in the order they were made (RFC 3428 8):
//
//   free --submit--> sending --settled--> free: the next one
//                      | patience is over
//                      v
//                    silent --over--> free
//
//   While the devices are silent, what may be kept is kept at once.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/text_map.h"
#include "pidf/imdn.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/message/message_delivery.h"
#include "server/message/message_tally.h"
#include "server/message/recipients.h"
#include "server/message/relay.h"
#include "server/message/stored_messages.h"

namespace herald::server {

/// What messages made here need of their shard. Outlives them.
struct MessageParts {
    Context& context;
    Bindings& bindings;
    const Recipients& recipients;
    Relay& relay;
    StoredMessages& stored;
    MessageDelivery& delivery;
    MessageTally& tally;
};

class OwnMessages {
public:
    explicit OwnMessages(const MessageParts& parts);

    /// 200: a device took it; 202: it is kept. Faults: not_found (no such user), limit_reached (no
    /// room), unavailable (nobody there, and nothing is kept; or the store), unknown_outcome.
    using Done = base::Task<void(Result<int>)>;
    /// Sends one to `message.recipient`, a user of this shard, or to another domain.
    void submit(store::Message message, Done done);
    /// Sends one to whoever `message.recipient` stands for, on whatever shard; `done` may be empty.
    void hand_on(store::Message message, Done done);

    /// All of the cell's recipients out of memory; who waits in line for one is told `unavailable`.
    void forget_some(Cell cell, Forgetting& forgetting);
    std::size_t held() const noexcept { return lines_.size(); }

    /// Tells the sender of `message` what became of it, if he asked to be told (RFC 5438).
    void notify_sender(const store::Message& message, pidf::Disposition disposition);

private:
    struct Order {
        store::Message message;
        Done done;
    };
    using OrderPtr = std::shared_ptr<Order>;
    /// One recipient with a message on its way.
    struct Line {
        std::deque<OrderPtr> waiting;
        bool is_silent = false;  ///< the patience is over, the transactions are not
    };

    /// nullopt: there is no such user.
    RelayTarget foreign_place(const std::string& recipient) const;
    std::optional<std::vector<RelayTarget>> targets_for(Order& order) const;
    void begin(const OrderPtr& order);
    void line_up(Line& line, const OrderPtr& order);
    void send(const OrderPtr& order, std::vector<RelayTarget> targets);
    void on_report(const OrderPtr& order, const RelayReport& report);
    void on_answer(const OrderPtr& order, int status);
    void on_silence(const std::string& recipient);
    void end_turn(const std::string& recipient);
    Done told_here(Done done);
    /// Why it cannot be kept.
    std::optional<Fault> check_keeping(const store::Message& message) const;
    void keep(const OrderPtr& order);

    MessageParts parts_;
    Context& context_;
    base::TextMap<Line> lines_;
};

}  // namespace herald::server
