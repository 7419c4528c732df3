// server/message/dispositions.cpp: the notifications that a server owes the sender of a message it
// kept (RFC 5438 12.2.2), and those that it passes on (8).
#include "server/message/dispositions.h"

#include <algorithm>

#include "base/id.h"
#include "base/text.h"
#include "server/message/message_text.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// 100 random bits (RFC 5438 6.3 wants 64).
constexpr std::size_t kMessageIdBytes = 15;

bool is_cpim(std::string_view content_type) {
    // Hardly any is.
    if (!base::istarts_with(base::trim(content_type), "message")) return false;
    const auto type = sip::parse_media_type(content_type);
    return type && *type == pidf::kCpimType;
}

std::string content_type_of(const store::Message& message) {
    auto value = line_value(message.headers, "Content-Type");
    if (value.empty()) value = line_value(message.headers, "c");
    return std::string(value);
}

bool wants(const pidf::DispositionRequest& request, pidf::Disposition disposition) {
    return disposition == pidf::Disposition::stored ? request.wants_processing
                                                    : request.wants_negative;
}

/// This server's own name: a host of ours, without a user.
bool is_own_route(std::string_view value, const Domains& domains) {
    const auto uri = sip::parse_uri(pidf::uri_of_cpim(value));
    return uri && !uri->has_user && (domains.serves(*uri) || domains.is_ours(uri->host));
}

/// Where the route ends here: the user the request was sent to, else the one the notification
/// names.
std::optional<std::string> final_recipient(const sip::Uri& request_uri, const pidf::Cpim& cpim,
                                           const Domains& domains) {
    if (request_uri.has_user) return domains.aor(request_uri);
    const auto to = cpim.value({}, "To");
    return to ? domains.aor(pidf::uri_of_cpim(*to)) : std::nullopt;
}

}  // namespace

std::optional<RoutedNotification> routed_notification(const sip::Message& request,
                                                      const sip::Uri& request_uri,
                                                      const Domains& domains) {
    if (!is_cpim(request.header(sip::Header::content_type).value_or(""))) return std::nullopt;
    const auto cpim = pidf::parse_cpim(request.body());
    if (!cpim) return std::nullopt;
    const auto route = pidf::disposition_route(*cpim);
    const auto next = std::find_if_not(route.begin(), route.end(), [&](std::string_view value) {
        return is_own_route(value, domains);
    });
    if (next == route.begin()) return std::nullopt;
    const auto recipient = next == route.end() ? final_recipient(request_uri, *cpim, domains)
                                               : domains.aor(pidf::uri_of_cpim(*next));
    if (!recipient) return std::nullopt;
    const auto count = static_cast<std::size_t>(next - route.begin());
    return RoutedNotification{*recipient, pidf::without_routes(request.body(), *cpim, count)};
}

bool is_composing(std::string_view type, std::string_view body) {
    if (type == pidf::kIsComposingType) return true;
    if (type != pidf::kCpimType) return false;
    const auto cpim = pidf::parse_cpim(body);
    if (!cpim) return false;
    const auto inner = sip::parse_media_type(cpim->content_value("Content-Type").value_or(""));
    return inner && *inner == pidf::kIsComposingType;
}

std::optional<store::Message> notification_of(const store::Message& message,
                                              pidf::Disposition disposition, const Domains& domains,
                                              base::WallTime now, base::Duration keep) {
    if (!is_cpim(content_type_of(message))) return std::nullopt;
    const auto cpim = pidf::parse_cpim(message.body);
    const auto request = cpim ? pidf::disposition_request(*cpim) : std::nullopt;
    if (!request || !wants(*request, disposition)) return std::nullopt;
    const auto from = sip::parse_name_address(message.from);
    const auto uri = from ? sip::parse_uri(from->uri) : Result<sip::Uri>(Fault{});
    if (!uri || !uri->has_user || uri->host == "anonymous.invalid") return std::nullopt;

    store::Message note;
    note.recipient = domains.aor(*uri);
    note.sender = message.recipient;
    note.from = "<" + message.recipient + ">";
    note.to = "<" + note.recipient + ">";
    note.date = now;
    note.keep_until = now + std::chrono::duration_cast<std::chrono::milliseconds>(keep);
    note.headers = "Content-Type: message/cpim\r\n";
    note.body = pidf::notification(*request, disposition, message.recipient,
                                   base::random_token(kMessageIdBytes), now);
    note.size = size_of(note);
    return note;
}

}  // namespace herald::server
