// server/shard/reception.h: requests as they come to a shard: read once, the checks every method
// shares, and the part that answers.
#pragma once

#include <optional>

#include "server/core/context.h"
#include "server/core/request.h"
#include "server/core/subject.h"

namespace herald::server {

class Agents;
class Bindings;
class Compositor;
class Edge;
class HeldRequests;
class Link;
class Messaging;
class Registrar;
class SubscribeRequests;

/// Whom requests are handed to, and who knows what they are about; all outlive the reception.
struct ReceptionParts {
    Context& context;
    Link* link = nullptr;  ///< to the other shards; nullptr: there are none
    const SubjectReader& subjects;
    Agents& agents;
    const Bindings& bindings;
    SubscribeRequests& subscribes;
    Compositor& compositor;
    Registrar& registrar;
    Messaging& messaging;
    Edge& edge;
    HeldRequests& held;
};

/// One per shard, on its thread.
class Reception {
public:
    explicit Reception(const ReceptionParts& parts) : parts_(parts) {}

    void receive(sip::ServerTransactionId id, const sip::Message& message, const sip::Flow& flow);
    /// One that was held.
    void receive_again(sip::ServerTransactionId id, const sip::Message& message,
                       const sip::Flow& flow);

private:
    Request gather(sip::ServerTransactionId id, const sip::Message& message, const sip::Flow& flow,
                   Subject subject) const;
    void look_at(const Request& request);
    bool names_unknown_device(const Request& request) const;
    std::optional<sip::Answer> early_answer(const Request& request) const;
    void serve(const Request& request);
    void on_notify(const Request& request);

    const ReceptionParts parts_;
};

}  // namespace herald::server
