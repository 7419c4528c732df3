// server/shard/reception.cpp: requests as they come to a shard.
#include "server/shard/reception.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "server/core/answers.h"
#include "server/message/edge.h"
#include "server/message/messaging.h"
#include "server/notify/subscribe_requests.h"
#include "server/publish/compositor.h"
#include "server/register/bindings.h"
#include "server/register/registrar.h"
#include "server/shard/agents.h"
#include "server/shard/held_requests.h"
#include "server/shard/link.h"
#include "sip/fields.h"
#include "sip/privacy.h"

namespace herald::server {

namespace {

bool is_served(sip::Method method) {
    return method == sip::Method::subscribe || method == sip::Method::publish ||
           method == sip::Method::register_ || method == sip::Method::message ||
           method == sip::Method::options || method == sip::Method::notify;
}

/// A NOTIFY belongs to a dialog we subscribed in, not to one we notify in.
bool is_in_dialog(const sip::Message& message) {
    return !message.to_tag().empty() && message.method() != sip::Method::register_ &&
           message.method() != sip::Method::notify;
}

constexpr std::size_t kMostUnsupported = 200;

/// Lists are read where Herald subscribes, and not served (RFC 4662 4.2).
bool is_understood(std::string_view tag, const sip::Message& request) {
    const bool is_list = request.method() == sip::Method::notify && base::iequals(tag, "eventlist");
    return is_list || is_supported(tag);
}

/// The option tags of Require that are not supported here (RFC 3261 8.2.2.3), as many as fit into
/// an answer. Never empty where there is one.
std::string unsupported_tags(const sip::Message& request) {
    std::string tags;
    for (const auto tag : request.list(sip::Header::require)) {
        if (is_understood(tag, request)) continue;
        if (!tags.empty() && tags.size() + tag.size() > kMostUnsupported) break;
        if (!tags.empty()) tags += ", ";
        tags += tag.substr(0, kMostUnsupported);
    }
    return tags;
}

std::optional<sip::Uri> sender_of(const sip::Message& request) {
    const auto from = sip::parse_name_address(request.from());
    auto uri = from ? sip::parse_uri(from->uri) : Result<sip::Uri>(Fault{});
    return uri ? std::optional(*uri) : std::nullopt;
}

/// What is wrong with a header that is needed; nullptr: nothing. A REGISTER's Expires is an hour
/// then (RFC 3261 10.3 step 7).
const char* unreadable(const Request& asked) {
    const auto& request = asked.message;
    if (!asked.from) return "Malformed From";
    const auto hops = request.header(sip::Header::max_forwards);
    if (hops && !base::to_u32_clamped(*hops)) return "Malformed Max-Forwards";
    const bool has_expires =
        request.method() == sip::Method::subscribe || request.method() == sip::Method::publish;
    const auto expires = request.header(sip::Header::expires);
    if (has_expires && expires && !sip::parse_delta_seconds(*expires)) return "Malformed Expires";
    return nullptr;
}

}  // namespace

/// RFC 5627 6.1: state is asked of a user, whom the GRUU of a device may name.
bool Reception::names_unknown_device(const Request& request) const {
    const auto method = request.message.method();
    const bool is_about_state = method == sip::Method::subscribe || method == sip::Method::publish;
    if (!is_about_state || !request.subject.is_ours) return false;
    return parts_.bindings.is_unknown_gruu(*request.subject.uri, request.subject.aor);
}

Request Reception::gather(sip::ServerTransactionId id, const sip::Message& message,
                          const sip::Flow& flow, Subject subject) const {
    Request request{id, message, flow, std::move(subject), sender_of(message)};
    const auto named = message.header(sip::Header::event);
    if (const auto event = named ? sip::parse_event(*named) : Result<sip::Event>(Fault{})) {
        request.event = *event;
        request.package = packages::find(event->type, event->parameters);
    }
    if (is_in_dialog(message)) {
        request.dialog = parts_.context.subscriptions.by_dialog(message.call_id(), message.to_tag(),
                                                                message.from_tag());
    } else {
        request.subject.is_nobody = names_unknown_device(request);
    }
    return request;
}

/// The answer to a request that fails a check all methods share (405, 416, 481/500, 420, in this
/// order), or that was answered before a crash. nullopt: it is to be served.
std::optional<sip::Answer> Reception::early_answer(const Request& request) const {
    const auto& message = request.message;
    if (!is_served(message.method())) return method_not_allowed();
    if (!request.subject.uri) return answer(400, "Malformed Request-URI");
    const auto scheme = request.subject.uri->scheme;
    if (scheme == sip::Scheme::tel || scheme == sip::Scheme::other) return answer(416);
    // A trusted peer may end TLS in front of us.
    if (scheme == sip::Scheme::sips && !sip::is_secure(request.flow.protocol) &&
        !parts_.context.authenticator.is_trusted(request.flow))
        return answer(416, "sips is served by TLS only");
    if (const auto* why = unreadable(request)) return answer(400, why);
    if (const auto level = sip::unmet_privacy(message); !level.empty())
        return answer(500, "No privacy of this level here: " + std::string(level));
    if (is_in_dialog(message)) {
        if (auto answer = parts_.subscribes.answer_within_dialog(request)) return answer;
    }
    // The Require of a request that is relayed is for its receiver (RFC 3261 16.3).
    if (message.method() == sip::Method::message) return std::nullopt;
    const auto tags = unsupported_tags(message);
    if (tags.empty()) return std::nullopt;
    auto refusal = answer(420);
    refusal.headers = "Unsupported: " + tags + "\r\n";
    return refusal;
}

/// Outside the dialogs of an agent a NOTIFY is a stranger's (RFC 6665 4.1.3).
void Reception::on_notify(const Request& request) {
    if (parts_.agents.on_notify(request.id, request.message)) return;
    parts_.context.stack.answer(request.id, request.package ? answer(481) : bad_event());
}

void Reception::receive(sip::ServerTransactionId id, const sip::Message& message,
                        const sip::Flow& flow) {
    auto subject = parts_.link ? parts_.link->take_subject() : parts_.subjects.read(message);
    if (subject.bucket && parts_.held.take(cell_of(*subject.bucket), id, message, flow)) return;
    look_at(gather(id, message, flow, std::move(subject)));
}

void Reception::receive_again(sip::ServerTransactionId id, const sip::Message& message,
                              const sip::Flow& flow) {
    look_at(gather(id, message, flow, parts_.subjects.read(message)));
}

void Reception::look_at(const Request& request) {
    if (parts_.edge.takes(request)) return;
    if (const auto early = early_answer(request))
        return parts_.context.stack.answer(request.id, *early);
    serve(request);
}

void Reception::serve(const Request& request) {
    switch (request.message.method()) {
        case sip::Method::options:
            return parts_.context.stack.answer(request.id,
                                               options_answer(parts_.context.config.message_types));
        case sip::Method::notify:
            return on_notify(request);
        case sip::Method::register_:
            return parts_.registrar.on_register(request);
        case sip::Method::message:
            return parts_.messaging.on_message(request);
        default:
            break;
    }
    if (!request.package) return parts_.context.stack.answer(request.id, bad_event());
    if (request.message.method() == sip::Method::publish)
        return parts_.compositor.on_publish(request);
    parts_.subscribes.on_subscribe(request);
}

}  // namespace herald::server
