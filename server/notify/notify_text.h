// server/notify/notify_text.h: a NOTIFY as it goes on the wire (RFC 6665 4.2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "packages/package.h"
#include "server/core/context.h"
#include "server/core/subscription.h"
#include "sip/dialog_request.h"
#include "sip/uri.h"

namespace herald::server {

/// What a NOTIFY says beside what its subscription does.
struct NotifyHead {
    std::string_view contact;        ///< ours
    std::string_view authorization;  ///< a complete line, or empty
    std::uint32_t cseq = 0;
    std::uint32_t expires = 0;  ///< seconds left
    SubscriptionState state = SubscriptionState::active;
    bool is_compact = false;  ///< compact header names, to stay under 1300 bytes on UDP
};

/// Stands for the Via where a NOTIFY is written to see how long it is.
std::string_view room_for_via();

/// Appends the request; `via` is a complete line, `composed` null where there is no body.
void append_notify(std::string& out, const Subscription& record, const NotifyHead& head,
                   const packages::Composed* composed, std::string_view via);

/// The number of the document in the NOTIFY with this CSeq, within its subscription.
std::uint32_t version_of(const Subscription& record, std::uint32_t cseq) noexcept;
/// Appends the document alone, with that number.
void append_body(std::string& out, const packages::Composed& composed, std::uint32_t version);
/// What a subscription's Contact and routes make of its NOTIFYs. Views into the record.
sip::Routing routing_of(const Subscription& record);
/// The scheme of our Contact: sips where the first of the routes is, or else the watcher's (RFC
/// 3261 12.1.1).
sip::Scheme contact_scheme(const Subscription& record);

/// Our Contact for them. Secure is TLS, and what a trusted peer takes over TLS from here on.
std::string_view contact_for(const Context& context, const Subscription& record);
/// Bytes of the next one by UDP if it has no body and no credentials, with room for its Via.
std::size_t least_bytes_of(const Context& context, const Subscription& record);

/// Never less than the length of what append_notify() makes with an empty `via`, and cheaper than
/// writing it to see.
std::size_t most_bytes_of(const Subscription& record, const NotifyHead& head,
                          const packages::Composed* composed);

}  // namespace herald::server
