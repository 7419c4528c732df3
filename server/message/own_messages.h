// server/message/own_messages.h: messages made here, an operator's and notifications, on their way
// to a user or another domain.
#pragma once

#include <memory>
#include <vector>

#include "base/task.h"
#include "pidf/imdn.h"
#include "server/core/context.h"
#include "server/message/delivery.h"
#include "server/message/message_tally.h"
#include "server/message/recipients.h"
#include "server/message/relay.h"
#include "server/message/stored_messages.h"

namespace herald::server {

/// What messages made here need of their shard. Outlives them.
struct MessageParts {
    Context& context;
    const Recipients& recipients;
    Relay& relay;
    StoredMessages& stored;
    Delivery& delivery;
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

    /// Tells the sender of `message` what became of it, if he asked to be told (RFC 5438).
    void notify_sender(const store::Message& message, pidf::Disposition disposition);

private:
    using MessagePtr = std::shared_ptr<store::Message>;
    using DonePtr = std::shared_ptr<Done>;

    void send(const MessagePtr& message, const DonePtr& done, std::vector<RelayTarget> targets);
    void on_report(const MessagePtr& message, const DonePtr& done, const RelayReport& report);
    Done told_here(Done done);
    void keep(const MessagePtr& message, const DonePtr& done);

    MessageParts parts_;
    Context& context_;
};

}  // namespace herald::server
