// server/message/messaging.h: what happens to a MESSAGE: gather, decide, send on or keep (RFC
// 3428).
//
//   gather -> decide -> relay -> 2xx, refusal -> answered
//                 |       |
//                 |       `-> nobody there -.
//                 `-> keep <----------------' -> commit -> 202
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/rate_limit.h"
#include "base/task.h"
#include "pidf/imdn.h"
#include "server/address/gruu.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/message/dispositions.h"
#include "server/message/message_decision.h"
#include "server/message/relay.h"
#include "server/message/stored_messages.h"
#include "server/register/registrar.h"

namespace herald::server {

/// The messages of one shard's users, online and offline.
class Messaging final : public Agent {
public:
    Messaging(Context& context, Registrar& registrar, sip::Locator& locator);

    /// Answers now, after a device answered, or after the commit. Core checks are passed.
    void on_message(sip::ServerTransactionId transaction, const sip::Message& request,
                    const sip::Flow& flow);
    /// A user of ours can be reached, in a new way or still.
    void on_registered(const std::string& aor, std::string_view /*flow*/) override {
        stored_.deliver(aor);
    }

    /// 200: a device took it; 202: it is kept. Faults: not_found (no such user), limit_reached (no
    /// room), unavailable (nobody there, and nothing is kept; or the store), unknown_outcome.
    using Done = base::Task<void(Result<int>)>;
    /// Sends a message made here (an operator's, a notification) to `message.recipient`, a user of
    /// this shard, or to another domain.
    void submit(store::Message message, Done done);

    StoredMessages& stored() noexcept { return stored_; }
    void resume() override { stored_.resume(); }
    void forget(Cell cell) override { stored_.forget(cell); }
    std::size_t held() const noexcept override { return stored_.held(); }
    std::size_t in_flight() const noexcept { return relay_.in_flight(); }

private:
    /// Whom a Request-URI names.
    struct Whom {
        Recipient kind = Recipient::nobody;
        std::string aor;
        std::vector<const packages::Binding*> devices;
    };
    struct Incoming {
        sip::ServerTransactionId transaction;
        Identity who;
        sip::Endpoint source;
        Recipient recipient = Recipient::nobody;
        std::string aor;
        base::Instant arrived;
        std::uint64_t devices_mark = 0;  ///< of the contacts it was sent to
        std::uint64_t stored_id = 0;
        std::uint32_t wait = 0;
    };
    using IncomingPtr = std::shared_ptr<Incoming>;

    Whom whom(const sip::Uri& uri) const;
    std::uint32_t wait_of(const Identity& who, const sip::Flow& flow);
    MessageFacts facts_of(const Incoming& incoming, const sip::Message& request,
                          std::size_t devices) const;
    MessageRules rules() const;
    void carry_out(const IncomingPtr& incoming, const sip::Message& request,
                   MessageOperation operation, const Whom& whom);
    void relay(const IncomingPtr& incoming, const sip::Message& request,
               std::vector<RelayTarget> targets);
    void forward(const IncomingPtr& incoming, const sip::Message& request);
    void on_report(const IncomingPtr& incoming, const RelayReport& report);
    void on_undelivered(const IncomingPtr& incoming, const sip::Answer& best);
    store::Message message_of(const Incoming& incoming, const sip::Message& request) const;
    void keep(const IncomingPtr& incoming, const sip::Message& request);
    void on_kept(const IncomingPtr& incoming, store::Outcome outcome);
    void expire(const Incoming& incoming, const sip::Message& request);
    void answer_with(const Incoming& incoming, const sip::Answer& answer, const char* did);
    void refuse(const Incoming& incoming, const sip::Answer& answer);
    bool keeps_identity(const Incoming& incoming) const { return incoming.who.is_trusted_peer; }

    void submit_to_devices(const std::shared_ptr<store::Message>& message,
                           const std::shared_ptr<Done>& done, std::vector<RelayTarget> targets);
    void submit_to_store(const std::shared_ptr<store::Message>& message,
                         const std::shared_ptr<Done>& done);
    RelayTarget foreign_target(const std::string& uri, const std::string& routes) const;
    void notify_sender(const store::Message& message, pidf::Disposition disposition);
    void hand_on(store::Message message, Done done);
    Done told_here(Done done);
    void send_on(const IncomingPtr& incoming, const sip::Message& request,
                 RoutedNotification notification);
    void on_not_sent_on(const Incoming& incoming, const Fault& fault);

    std::string loop_parameter(std::string_view request_uri) const;
    base::Counter& counter(const char* did);

    Context& context_;
    Registrar& registrar_;
    Relay relay_;
    StoredMessages stored_;
    const Gruus gruus_;
    base::RateLimit rate_;
    std::string realm_;
    std::unordered_map<std::string, base::Counter*> did_;
    std::unordered_map<int, base::Counter*> refused_;
    base::Histogram& time_;
};

}  // namespace herald::server
