// server/notify/notify_text.cpp: a NOTIFY as it goes on the wire.
#include "server/notify/notify_text.h"

#include "base/text.h"

namespace herald::server {

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
    std::string_view from, to, call_id, contact, event, content_type, content_length;
};
constexpr Names kLongNames{
    "From: ", "To: ", "Call-ID: ", "Contact: ", "Event: ", "Content-Type: ", "Content-Length: "};
constexpr Names kCompactNames{"f: ", "t: ", "i: ", "m: ", "o: ", "c: ", "l: "};

/// `version`: the number of the document within its subscription.
void write_body(const packages::Composed* composed, std::uint32_t version, const Names& names,
                std::string& out) {
    if (!composed) return append_line(out, names.content_length, "0\r\n");
    append_line(out, names.content_type, composed->document.type);
    const std::string& body = composed->document.body;
    const bool is_versioned = composed->version_at < body.size();
    const std::string number = is_versioned ? std::to_string(version) : std::string();
    out += names.content_length;
    base::append_number(out, body.size() + number.size());
    out += "\r\n\r\n";
    if (!is_versioned) {
        out += body;
        return;
    }
    out.append(body, 0, composed->version_at);
    out += number;
    out.append(body, composed->version_at);
}

/// Request-URI and Route for a dialog's route set (RFC 3261 12.2.1.1): a first route without `lr`
/// is a strict router.
struct Routing {
    std::string_view request_uri;
    std::string strict_route;  ///< ready value, used instead of the route set
};

Routing routing_of(const Subscription& record) {
    const auto routes = record.get(Part::route_set);
    Routing routing{record.get(Part::remote_target), {}};
    const auto end = routes.find('>');
    if (routes.empty() || end == std::string_view::npos) return routing;
    const auto first = routes.substr(1, end - 1);
    if (base::lower(first).find(";lr") != std::string::npos) return routing;
    routing.request_uri = first;
    const auto comma = routes.find(',', end);
    if (comma != std::string_view::npos) {
        routing.strict_route = base::trim(routes.substr(comma + 1));
        routing.strict_route += ", ";
    }
    routing.strict_route += '<';
    routing.strict_route += record.get(Part::remote_target);
    routing.strict_route += '>';
    return routing;
}

void write_dialog(std::string& out, const Subscription& record, const Names& names,
                  std::string_view via) {
    const auto routing = routing_of(record);
    out += "NOTIFY ";
    out += routing.request_uri;
    out += " SIP/2.0\r\n";
    out += via;
    out += "Max-Forwards: 70\r\n";
    if (!routing.strict_route.empty()) {
        append_line(out, "Route: ", routing.strict_route);
    } else if (const auto routes = record.get(Part::route_set); !routes.empty()) {
        append_line(out, "Route: ", routes);
    }
    out += names.from;
    out += record.get(Part::local_uri);
    append_line(out, ";tag=", record.get(Part::local_tag));
    out += names.to;
    out += record.get(Part::remote_uri);
    if (const auto tag = record.get(Part::remote_tag); !tag.empty()) {
        out += ";tag=";
        out += tag;
    }
    out += "\r\n";
    append_line(out, names.call_id, record.get(Part::call_id));
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

void append_notify(std::string& out, const Subscription& record, const NotifyHead& head,
                   const packages::Composed* composed, std::string_view via) {
    const auto& names = head.is_compact ? kCompactNames : kLongNames;
    write_dialog(out, record, names, via);
    out += "CSeq: ";
    base::append_number(out, head.cseq);
    out += " NOTIFY\r\n";
    append_line(out, names.contact, head.contact);
    append_line(out, names.event, record.get(Part::event));
    write_state(out, record, head);
    out += head.authorization;
    write_body(composed, head.cseq - 1 - record.versionless, names, out);
}

std::size_t most_bytes_of(const Subscription& record, const NotifyHead& head,
                          const packages::Composed* composed) {
    std::size_t size = kFixedSize + head.authorization.size();
    for (const auto part : kWritten) size += record.get(part).size();
    if (composed) size += composed->document.body.size();
    return size;
}

}  // namespace herald::server
