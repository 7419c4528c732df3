// server/message/dispositions.h: the notifications a server owes who wrote a message it kept (RFC
// 5438 12.2.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "pidf/imdn.h"
#include "server/address/domains.h"
#include "sip/message.h"
#include "store/records.h"

namespace herald::server {

/// The notification of `disposition` that `message` asks for, as a message to its sender; nullopt:
/// none is wanted, or nobody is there to get it (an anonymous sender). Recipient and sender are
/// set, the id is not.
std::optional<store::Message> notification_of(const store::Message& message,
                                              pidf::Disposition disposition, const Domains& domains,
                                              base::WallTime now, base::Duration keep);

/// A notification that came by way of this server: its top IMDN-Route names a host of ours, and no
/// user there.
struct RoutedNotification {
    std::string
        recipient;     ///< whom the next IMDN-Route names, else whom it is for: a canonical AOR
    std::string body;  ///< without our routes
};
/// nullopt: the request carries none, or it cannot be told where it goes (RFC 5438 8).
std::optional<RoutedNotification> routed_notification(const sip::Message& request,
                                                      const sip::Uri& request_uri,
                                                      const Domains& domains);

/// Whether a body of media type `type` says that somebody is typing (RFC 3994), alone or in CPIM.
bool is_composing(std::string_view type, std::string_view body);

}  // namespace herald::server
