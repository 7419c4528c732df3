// server/notify/subscribe_intake.h: what every SUBSCRIBE goes through, outside a dialog and within:
// who asks, the facts to decide about, refusals.
#pragma once

#include <string>
#include <string_view>

#include "server/core/context.h"
#include "server/core/request.h"
#include "server/notify/subscribe_decision.h"
#include "sip/approach.h"

namespace herald::server {

/// A SUBSCRIBE on its way through the ladder.
struct IncomingSubscribe {
    sip::ServerTransactionId transaction;
    sip::Flow flow;
    const packages::Package* package;
    Identity who;
    SubscriptionTable::Id dialog;  ///< the subscription it came within; none: an initial one
    std::string aor;               ///< of the resource, of an initial one
    std::string entity;            ///< ... and how the watcher spells it
    bool is_ours = false;          ///< a domain served here
    std::string instance{};        ///< of the device, in its Contact
    bool is_nobody = false;        ///< a GRUU of no device there is
};

/// One per shard, on its thread.
class SubscribeIntake {
public:
    explicit SubscribeIntake(Context& context) : context_(context) {}

    /// Fills in who asks; false where he is refused or challenged, and was answered.
    bool authenticate(IncomingSubscribe& incoming, const Request& request);
    /// `existing` is the subscription of the dialog, null outside one.
    SubscribeFacts gather(const IncomingSubscribe& incoming, const sip::Message& request,
                          std::string_view aor, const Subscription* existing,
                          bool is_over_limit) const;
    /// A package with manners lets somebody in without a password (RFC 6080 5.1.4.2): true where
    /// this is one, who is anonymous from here on.
    bool admits_anonymous(IncomingSubscribe& incoming, const sip::Message& request,
                          const Subscription* existing) const;
    /// Which way to the device is the first; `routes` is its route set.
    sip::Approach approach_of(const IncomingSubscribe& incoming, const sip::Message& request,
                              std::string_view contact, std::string_view routes) const;

    /// How many bytes may go to where it claims to be before anybody has answered there, the answer
    /// to it among them (grant()).
    static std::uint16_t credit_of(const Identity& who, const sip::Message& request) noexcept;

    /// A 2xx, with what its sender is to be told beside. Where nobody proved to be it is on the
    /// credit of `record`.
    void grant(const IncomingSubscribe& incoming, sip::Answer answer, Subscription& record);
    void refuse(const IncomingSubscribe& incoming, const sip::Answer& answer);
    /// Overload: the cheapest answer, and no transaction is kept.
    void turn_away(const IncomingSubscribe& incoming);
    /// "Not applied" may be said; what may have been applied is never answered
    /// (docs/architecture.md: What a 200 means).
    void refuse_uncommitted(const IncomingSubscribe& incoming, store::Outcome outcome);

private:
    Result<std::string> manner_of(const IncomingSubscribe& incoming, const sip::Message& request,
                                  std::string_view aor, const Subscription* existing) const;

    Context& context_;
};

}  // namespace herald::server
