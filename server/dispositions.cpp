// server/dispositions.cpp: the notifications a server owes who wrote a message it kept (RFC 5438
// 12.2.2).
#include "server/dispositions.h"

#include "base/id.h"
#include "base/text.h"
#include "server/message_text.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// 100 random bits (RFC 5438 6.3 wants 64).
constexpr std::size_t kMessageIdBytes = 15;

bool is_cpim(std::string_view content_type) {
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

}  // namespace

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
