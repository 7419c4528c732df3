// http/traces.cpp: the SIP messages of one user or address, for an operator who looks for what is
// wrong.
#include <string>

#include "base/text.h"
#include "http/fields.h"
#include "http/paging.h"
#include "http/resource_json.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/feed/trace.h"
#include "sip/endpoint.h"

namespace herald::http {

namespace {

Json json_of(const server::Trace::Status& status) {
    return JsonObject{
        {"id", status.id},
        {"user", text_or_null(status.order.user)},
        {"peer", text_or_null(status.order.peer)},
        {"hep", status.order.to_collector},
        {"seconds_left", status.seconds_left},
        {"messages", static_cast<std::int64_t>(status.messages)},
    };
}

Json json_of(const server::TracedMessage& message) {
    return JsonObject{
        {"number", static_cast<std::int64_t>(message.number)},
        {"at", base::to_rfc3339(message.at.time_since_epoch().count())},
        {"direction", message.direction == sip::Direction::in ? "in" : "out"},
        {"transport", std::string(sip::uri_name(message.protocol))},
        {"local", message.local.to_string()},
        {"peer", message.peer.to_string()},
        body_member(message.bytes),
    };
}

Result<server::TraceOrder> trace_order(const Call& call) {
    Fields fields(call.body);
    server::TraceOrder order;
    const auto user = fields.text("user").value_or("");
    const auto aor = aor_of(user.find('@') == std::string::npos ? user + "@invalid" : user);
    order.peer = fields.text("peer").value_or("");
    order.seconds = fields.number("seconds").value_or(order.seconds);
    order.to_collector = fields.flag("hep").value_or(false);
    if (!user.empty() && !aor) fields.refuse("user", "expected a user, or an address of one");
    if (user.empty() && order.peer.empty()) fields.refuse("user", "expected it, or a peer");
    const auto peer = sip::Endpoint::from(order.peer, 0);
    if (!order.peer.empty() && !peer) fields.refuse("peer", "expected a numeric address");
    if (order.seconds == 0 || order.seconds > server::Trace::kLongest)
        fields.refuse("seconds", "expected 1 to 86400");
    if (auto status = fields.status(); !status) return status.fault();
    if (!user.empty()) order.user = user_of(*aor);
    if (peer) order.peer = peer->host();
    return order;
}

}  // namespace

Result<Answer> list_traces(const Call& call) {
    JsonArray rows;
    for (const auto& status : call.context.admin.trace().list()) rows.push_back(json_of(status));
    return json_answer(JsonObject{{"traces", std::move(rows)}});
}

Result<Answer> start_trace(const Call& call) {
    const auto order = trace_order(call);
    if (!order) return order.fault();
    const auto started = call.context.admin.trace().start(*order);
    if (!started) return started.fault();
    Answer answer = json_answer(json_of(*started), 201);
    answer.headers.emplace_back("Location", "/v1/traces/" + started->id);
    return answer;
}

Result<Answer> read_trace(const Call& call) {
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto after = call.parameter("after");
    const auto number = after.empty() ? std::optional<std::uint64_t>(0) : base::to_u64(after);
    if (!number) return Fault{FaultKind::malformed, "'after' is no number of a message"};
    const auto page = call.context.admin.trace().read(call.captured[0], *number, *limit);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& message : page->messages) rows.push_back(json_of(*message));
    return json_answer(JsonObject{{"trace", json_of(page->status)},
                                  {"messages", std::move(rows)},
                                  {"lost", static_cast<std::int64_t>(page->lost)}});
}

Result<Answer> stop_trace(const Call& call) {
    if (auto done = call.context.admin.trace().stop(call.captured[0]); !done) return done.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
