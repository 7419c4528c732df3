// pidf/imdn.h: disposition notifications of instant messages (RFC 5438): what a sender asks for,
// and the documents that answer it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "pidf/cpim.h"

namespace herald::pidf {

inline constexpr std::string_view kImdnType = "message/imdn+xml";
inline constexpr std::string_view kIsComposingType = "application/im-iscomposing+xml";

/// What a message says about its own notifications. Texts as sent, still escaped.
struct DispositionRequest {
    std::string message_id;
    std::string datetime;     ///< of the message
    std::string from, to;     ///< whole CPIM values
    std::string original_to;  ///< URI; empty: none
    std::vector<std::string> record_route;
    bool wants_negative = false;
    bool wants_processing = false;
};

/// nullopt: nothing that this server could tell is wanted, or the message is itself a notification
/// (RFC 5438 7.2.1: never answered with another).
std::optional<DispositionRequest> disposition_request(const Cpim& message);
/// Whether the content is a notification.
bool is_notification(const Cpim& message);

/// The way a notification has yet to go (RFC 5438 6.6): whole values of IMDN-Route, the next first.
std::vector<std::string_view> disposition_route(const Cpim& message);
/// `body`, which `message` was read from, without the first `count` of its IMDN-Route lines; every
/// other octet stays.
std::string without_routes(std::string_view body, const Cpim& message, std::size_t count);

/// What a server that keeps messages can tell (RFC 5438 12.2.2).
enum class Disposition : unsigned char { stored, failed };

/// The message/cpim body of a notification, with a new Message-ID.
std::string notification(const DispositionRequest& request, Disposition disposition,
                         std::string_view recipient, std::string_view message_id,
                         base::WallTime now);

}  // namespace herald::pidf
