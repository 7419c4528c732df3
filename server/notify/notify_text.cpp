// server/notify/notify_text.cpp: a NOTIFY as it goes on the wire.
#include "server/notify/notify_text.h"

#include "base/text.h"
#include "server/core/duration.h"
#include "sip/dialog_request.h"

namespace herald::server {

std::string_view room_for_via() {
    static const std::string kRoom(120, 'v');
    return kRoom;
}

std::uint32_t version_of(const Subscription& record, std::uint32_t cseq) noexcept {
    return cseq - 1 - record.versionless;
}

void append_body(std::string& out, const packages::Composed& composed, std::uint32_t version) {
    const std::string& body = composed.document.body;
    if (composed.version_at >= body.size()) {
        out += body;
        return;
    }
    out.append(body, 0, composed.version_at);
    base::append_number(out, version);
    out.append(body, composed.version_at);
}

namespace {

using Part = PackedText::Part;

/// A generous count of what does not differ between NOTIFYs: header names, Via, Contact, numbers.
constexpr std::size_t kFixedSize = 450;
/// The texts of a subscription that stand in its NOTIFYs.
constexpr Part kWritten[] = {Part::call_id,       Part::local_uri, Part::remote_uri,
                             Part::remote_target, Part::local_tag, Part::remote_tag,
                             Part::event,         Part::route_set};

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += value;
    out += "\r\n";
}

/// The header names that have a short form (RFC 3261 7.3.3).
struct Names {
    std::string_view contact, event, content_type, content_length;
};
constexpr Names kLongNames{"Contact: ", "Event: ", "Content-Type: ", "Content-Length: "};
constexpr Names kCompactNames{"m: ", "o: ", "c: ", "l: "};

void write_body(std::string& out, const packages::Composed* composed, std::uint32_t version,
                const Names& names) {
    if (!composed || composed->document.body.empty())
        return append_line(out, names.content_length, "0\r\n");
    append_line(out, names.content_type, composed->document.type);
    const std::string& body = composed->document.body;
    const bool is_versioned = composed->version_at < body.size();
    const std::string number = is_versioned ? std::to_string(version) : std::string();
    out += names.content_length;
    base::append_number(out, body.size() + number.size());
    out += "\r\n\r\n";
    append_body(out, *composed, version);
}

void write_state(std::string& out, const Subscription& record, const NotifyHead& head) {
    out += "Subscription-State: ";
    if (head.state == SubscriptionState::ending)
        return append_line(out, "terminated;reason=", name_of(record.reason));
    out += name_of(head.state);
    out += ";expires=";
    base::append_number(out, head.expires);
    out += "\r\n";
}

}  // namespace

sip::Routing routing_of(const Subscription& record) {
    return sip::routing_of(record.get(Part::remote_target), record.get(Part::route_set));
}

sip::Scheme contact_scheme(const Subscription& record) {
    const auto is_sips = base::istarts_with(routing_of(record).next_hop, "sips:");
    return is_sips ? sip::Scheme::sips : sip::Scheme::sip;
}

void append_notify(std::string& out, const Subscription& record, const NotifyHead& head,
                   const packages::Composed* composed, std::string_view via) {
    const auto& names = head.is_compact ? kCompactNames : kLongNames;
    sip::append_head(out,
                     {.method = sip::Method::notify,
                      .remote_target = record.get(Part::remote_target),
                      .routes = record.get(Part::route_set),
                      .from = record.get(Part::local_uri),
                      .from_tag = record.get(Part::local_tag),
                      .to = record.get(Part::remote_uri),
                      .to_tag = record.get(Part::remote_tag),
                      .call_id = record.get(Part::call_id),
                      .cseq = head.cseq,
                      .is_compact = head.is_compact},
                     via);
    append_line(out, names.contact, head.contact);
    out += names.event;
    out += record.get(Part::event);
    if (composed) out += composed->event_parameters;
    out += "\r\n";
    write_state(out, record, head);
    out += head.authorization;
    write_body(out, composed, version_of(record, head.cseq), names);
}

std::string_view contact_for(const Context& context, const Subscription& record) {
    const auto scheme = contact_scheme(record);
    const bool is_secure =
        sip::is_secure(record.flow.protocol) || context.authenticator.is_trusted(record.flow);
    return context.stack.contact(record.flow, is_secure ? scheme : sip::Scheme::sip,
                                 record.get(Part::remote_target));
}

std::size_t least_bytes_of(const Context& context, const Subscription& record) {
    std::string text;
    append_notify(text, record,
                  {.contact = contact_for(context, record),
                   .authorization = {},
                   .cseq = record.cseq + 1,
                   .expires = told_seconds(record.expires_at, context.wall(), record.granted),
                   .state = record.state},
                  nullptr, room_for_via());
    return text.size();
}

std::size_t most_bytes_of(const Subscription& record, const NotifyHead& head,
                          const packages::Composed* composed) {
    std::size_t size = kFixedSize + head.authorization.size();
    for (const auto part : kWritten) size += record.get(part).size();
    if (composed) size += composed->document.body.size() + composed->document.type.size();
    if (composed) size += composed->event_parameters.size();
    return size;
}

}  // namespace herald::server
