// server/message/message_decision.h: what to do with a MESSAGE, decided from facts alone (RFC
// 3428).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "server/access/identity.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

struct MessageRules {
    std::size_t max_body = 65536;
    const std::vector<std::string>& types;  ///< media types taken; empty: any
    bool stores = true;
    bool stored_is_200 = false;
    bool has_foreign = false;  ///< accounts may write to other domains
};

/// Whom the Request-URI names.
enum class Recipient : std::uint8_t {
    user,     ///< of ours
    device,   ///< one device of a user, by its GRUU
    nobody,   ///< in our domain, and not known; a temporary GRUU that is no longer good
    foreign,  ///< of another domain
};

struct MessageFacts {
    const sip::Message& request;
    const Identity& sender;
    Recipient recipient;
    std::size_t devices;    ///< the request would be sent on to
    bool is_repetition;     ///< of a request whose message was kept before a crash
    bool is_delivering;     ///< older messages for the user are on their way
    bool has_room;          ///< in the store, for this user
    bool is_composing;      ///< an is-composing document, bare or in CPIM
    bool is_expired;        ///< Date and Expires say that it is too late
    bool has_looped;        ///< we sent this on before, to the same Request-URI
    std::uint32_t wait;     ///< seconds until the sender may send again; 0: now
    std::uint32_t breadth;  ///< Max-Breadth of the request, or the default
    std::string type;       ///< as message_type() says it
    MessageRules rules;
};

enum class MessageOperation : std::uint8_t {
    relay,    ///< to the devices
    forward,  ///< to the recipient's domain
    store,
    drop,    ///< accepted, and nobody will see it
    expire,  ///< accepted too late; its sender may want to know
    repeat,  ///< accepted before
};

/// The checks of RFC 3428, RFC 3261 16.3 and RFC 5393 from authorization on, in their order.
std::variant<MessageOperation, sip::Answer> decide_message(const MessageFacts& facts);

/// What to do when nobody took it: `best` is the best answer, or 408.
std::variant<MessageOperation, sip::Answer> decide_undelivered(const MessageFacts& facts,
                                                               const sip::Answer& best);

/// 202, or what the operator wants in its place.
sip::Answer accepted(const MessageRules& rules);

/// Whether the recipient was not there, rather than refused.
bool is_absence(int status) noexcept;
/// Whether a message to a user is kept after this answer: that of absence, or 404 of a device that
/// knows its contact no more.
bool is_worth_keeping(int status) noexcept;

/// Whether `type` (lower case, without parameters) is among `types`, where "text/*" is any text and
/// no type at all is everything.
bool is_taken(std::string_view type, const std::vector<std::string>& types);

/// Media type of the body; text/plain where there is none (interop).
std::string message_type(const sip::Message& request);

}  // namespace herald::server
