// server/message/incoming_message.h: what is known of a MESSAGE that came: who sent it, to whom,
// and what decides about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "server/core/context.h"
#include "server/message/message_decision.h"
#include "server/message/message_delivery.h"
#include "server/message/recipients.h"
#include "server/message/stored_messages.h"
#include "sip/transaction.h"

namespace herald::server {

/// One that waits for its answer.
struct IncomingMessage {
    sip::ServerTransactionId transaction;
    Identity who;
    sip::Endpoint source;
    Recipient recipient = Recipient::nobody;
    std::string aor;
    base::Instant arrived;
    std::uint64_t holder = 0;        ///< Limits::holder() of the sender
    std::uint64_t devices_mark = 0;  ///< of the contacts it was sent to
    std::uint64_t stored_id = 0;
    std::uint32_t wait = 0;
    std::optional<std::uint32_t> max_breadth;  ///< as max_breadth_of() read it
    base::Duration patience{};  ///< with devices; zero: as long as the transaction lasts
};

/// Max-Breadth of a request (RFC 5393 5.3.3); nullopt: it names none. One that cannot be read is as
/// none, but still replaced.
std::optional<std::uint32_t> max_breadth_of(const sip::Message& request);
MessageRules rules_of(const Config& config);
/// A token for the Vias of relayed requests: a server that meets its own again has a loop (RFC 5393
/// 4.2).
std::string loop_parameter(const Context& context, std::string_view request_uri);
/// Whether one of a request's Vias has it.
bool is_in_a_via(const sip::Message& request, std::string_view parameter);

/// Gathers; changes nothing but the senders' rates. All outlive it.
class IncomingMessages {
public:
    IncomingMessages(Context& context, const StoredMessages& stored,
                     const MessageDelivery& delivery)
        : context_(context), stored_(stored), delivery_(delivery) {}

    /// One more message of its sender: seconds until he may send one; 0: now.
    std::uint32_t take_turn(const IncomingMessage& incoming) const;
    MessageFacts facts_of(const IncomingMessage& incoming, const sip::Message& request,
                          std::size_t devices) const;
    /// Of the memory for messages on their way; null: there is none left.
    base::Budget::Share share_of(const IncomingMessage& incoming, std::size_t bytes) const;
    /// How long devices have to answer; zero: as long as the transaction lasts.
    base::Duration patience_for(const MessageFacts& facts) const;
    /// As it is kept.
    store::Message message_of(const IncomingMessage& incoming, const sip::Message& request) const;

private:
    Context& context_;
    const StoredMessages& stored_;
    const MessageDelivery& delivery_;
};

}  // namespace herald::server
