// server/subscriber/upstream_dialog.cpp: Herald as a subscriber: its SUBSCRIBEs, their answers, and
// the NOTIFYs that come.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/core/answers.h"
#include "server/subscriber/upstream.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Challenges and Min-Expires answered for one request.
constexpr unsigned kMostRetries = 4;
constexpr std::uint32_t kLongestRetryAfter = 3600;
/// A refresh that failed is tried again this soon.
constexpr base::Duration kRefreshRetry = std::chrono::seconds(30);
/// A PBX that grants less is refreshed this often all the same, in seconds.
constexpr std::uint32_t kShortest = 5;

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += value;
    out += "\r\n";
}

std::string_view first_route(std::string_view routes) {
    const auto start = routes.find('<');
    const auto end = routes.find('>');
    return start < end && end != routes.npos ? routes.substr(start + 1, end - start - 1)
                                             : std::string_view();
}

/// RFC 3261 12.2.1.1: a first route without `lr` takes the Request-URI's place.
bool is_strict(std::string_view route) {
    const auto uri = sip::parse_uri(route);
    return uri && !uri->parameter("lr");
}

std::string without_first(std::string_view routes) {
    const auto comma = routes.find(',', routes.find('>'));
    return comma == routes.npos ? std::string() : std::string(base::trim(routes.substr(comma + 1)));
}

}  // namespace

/// Looks for the PBX, then sends. `authorization` as a challenge was answered, else as the last one
/// allows.
void Upstream::subscribe(Line& line, std::uint32_t expires, std::string authorization) {
    if (line.transaction) context_.stack.forget(std::exchange(line.transaction, {}));
    const auto route = first_route(line.route_set);
    const bool strict = !route.empty() && is_strict(route);
    const std::string target = line.remote_target.empty() ? line.uri : line.remote_target;
    const std::string uri = strict ? std::string(route) : target;
    std::string routes = strict ? without_first(line.route_set) : line.route_set;
    if (strict) routes += (routes.empty() ? "<" : ", <") + target + ">";
    if (authorization.empty() && line.digest)
        authorization = line.digest->next("SUBSCRIBE", uri, "").value_or("");
    line.asked = expires;
    ++line.cseq;
    line.start_line = "SUBSCRIBE " + uri + " SIP/2.0\r\n";
    line.lines = "Max-Forwards: 70\r\n";
    if (!routes.empty()) append_line(line.lines, "Route: ", routes);
    line.lines += "From: <" + line.from + ">;tag=" + line.local_tag + "\r\n";
    line.lines += "To: <" + line.to + ">";
    if (!line.remote_tag.empty()) line.lines += ";tag=" + line.remote_tag;
    line.lines += "\r\n";
    append_line(line.lines, "Call-ID: ", line.call_id);
    line.lines += "CSeq: " + std::to_string(line.cseq) + " SUBSCRIBE\r\n";
    append_line(line.lines, "Event: ", package_.profile().event);
    append_line(line.lines, "Accept: ", package_.profile().notify_types.front());
    append_line(line.lines, "Expires: ", std::to_string(expires));
    line.lines += authorization;
    // Timer N (RFC 6665 4.1.2.4); tried elsewhere or answered, it starts again.
    arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms));
    const std::string next_hop(!route.empty()               ? std::string(route)
                               : line.remote_target.empty() ? line.next_hop
                                                            : line.remote_target);
    locator_.locate(next_hop, [self = self_, id = line.id,
                               attempt = ++line.attempt](Result<std::vector<sip::Target>> targets) {
        auto* waiting = *self ? (*self)->find(id) : nullptr;
        if (!waiting || waiting->attempt != attempt) return;
        waiting->targets = targets ? *std::move(targets) : std::vector<sip::Target>();
        waiting->next_target = 0;
        (*self)->try_next_target(*waiting);
    });
}

/// RFC 3263 4.3.
void Upstream::try_next_target(Line& line) {
    while (line.next_target < line.targets.size()) {
        const auto target = line.targets[line.next_target++];
        const auto flow = context_.stack.transport().open(target.protocol, target.endpoint);
        if (!flow) continue;
        const auto contact = line.lines.rfind("Contact: ");
        if (contact != std::string::npos) line.lines.resize(contact);
        append_line(line.lines, "Contact: ", context_.stack.contact(*flow));
        line.transaction = context_.stack.start(*flow, *this, line.id);
        if (!line.transaction) continue;
        return arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms));
    }
    if (line.is_leaving) return forget(line.id);
    if (!step(line, UpstreamInput::failed)) return;
    if (line.state == UpstreamState::waiting) return come_back(line, "cannot be reached");
    arm(line, std::clamp<base::Duration>(line.expires_at - context_.loop.now(), base::Duration{},
                                         kRefreshRetry));
}

void Upstream::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto* line = find(user);
    if (!line) return;
    out += line->start_line;
    out += via;
    out += line->lines;
    out += "Content-Length: 0\r\n\r\n";
}

void Upstream::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    auto* line = find(user);
    if (!line) return;
    line->transaction = {};
    if (outcome.message && line->retries < kMostRetries && try_again(*line, *outcome.message))
        return;
    if (line->is_leaving) return forget(user);
    if (outcome.how != sip::ClientOutcome::How::response &&
        line->next_target < line->targets.size()) {
        return try_next_target(*line);
    }
    if (input_of_status(outcome.status) == UpstreamInput::accepted)
        return on_accepted(*line, outcome.message);
    on_refused(*line, outcome);
}

/// A challenge or 423 that can be satisfied: the same again, as it is wanted.
bool Upstream::try_again(Line& line, const sip::Message& message) {
    if (message.status() == 423) {
        const auto least =
            sip::parse_delta_seconds(message.header(sip::Header::min_expires).value_or(""));
        if (!least || *least <= line.asked || line.asked == 0) return false;
        ++line.retries;
        line.wanted = *least;
        return subscribe(line, line.wanted), true;
    }
    if (message.status() != 401 && message.status() != 407) {
        if (line.digest) line.digest->learn(message);
        return false;
    }
    if (!line.digest) return false;
    const std::string_view uri =
        std::string_view(line.start_line).substr(10, line.start_line.find(" SIP/2.0") - 10);
    auto authorization = line.digest->answer(message, "SUBSCRIBE", uri, "");
    if (!authorization) return false;
    ++line.retries;
    return subscribe(line, line.asked, *std::move(authorization)), true;
}

/// The NOTIFY is still owed, where it did not come first.
void Upstream::on_accepted(Line& line, const sip::Message* message) {
    const bool was_notified = line.state == UpstreamState::active;
    if (!step(line, UpstreamInput::accepted) || was_notified) return;
    const auto granted = std::min(
        line.asked,
        message ? sip::parse_delta_seconds(message->header(sip::Header::expires).value_or(""))
                      .value_or(line.asked)
                : line.asked);
    if (line.state == UpstreamState::refreshing)
        line.expires_at = context_.loop.now() + std::chrono::seconds(granted);
    arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms));
}

void Upstream::on_refused(Line& line, const sip::ClientOutcome& outcome) {
    if (!step(line, input_of_status(outcome.status))) return;
    const auto asked = outcome.message
                           ? sip::parse_delta_seconds(
                                 outcome.message->header(sip::Header::retry_after).value_or(""))
                                 .value_or(0)
                           : 0;
    const auto least = std::chrono::seconds(std::min(asked, kLongestRetryAfter));
    if (line.state == UpstreamState::waiting)
        return come_back(line, std::to_string(outcome.status), least);
    // Good until it lapses (RFC 6665 4.1.2.2); tried again before.
    const auto left = std::max(base::Duration{}, line.expires_at - context_.loop.now());
    const auto delay = std::max<base::Duration>(kRefreshRetry, least);
    arm(line, std::min(left, delay));
}

/// A NOTIFY of a PBX that has counted further before. While a refresh is under way that is its
/// answer, after a restart with an old copy of the dialog (Kamailio): another dialog is needed.
/// Else it may just be late (RFC 3261 12.2.2).
void Upstream::lose_count(Line& line) {
    if (line.state != UpstreamState::refreshing || line.is_leaving) return;
    if (step(line, UpstreamInput::ended)) come_back(line, "CSeq out of order");
}

bool Upstream::on_notify(sip::ServerTransactionId transaction, const sip::Message& request) {
    const auto found = by_tag_.find(std::string(request.to_tag()));
    auto* line = found == by_tag_.end() ? nullptr : find(found->second);
    const auto answered = [&](const sip::Answer& answer) {
        return context_.stack.answer(transaction, answer), true;
    };
    if (!line || line->call_id != request.call_id()) return false;
    // One dialog only: the first wins (RFC 6665 5.4.9).
    if (!line->remote_tag.empty() && line->remote_tag != request.from_tag()) return false;
    const auto event = sip::parse_event(request.header(sip::Header::event).value_or(""));
    if (!event || !base::iequals(event->type, package_.profile().event))
        return answered(bad_event());
    if (!line->remote_tag.empty() && request.cseq() < line->remote_cseq) {
        lose_count(*line);
        return answered(answer(500, "CSeq out of order"));
    }
    const auto field = request.header(sip::Header::subscription_state);
    const auto state = sip::parse_subscription_state(field.value_or("active"));
    if (!state) return answered(from_fault(state.fault()));
    if (!request.body().empty()) {
        const auto type =
            sip::parse_media_type(request.header(sip::Header::content_type).value_or(""));
        if (!type || *type != packages::kSimpleMessageSummary)
            return answered(unsupported_media(package_.profile()));
        const auto document =
            package_.admit({*type, std::string(request.body())}, context_.resources.settings());
        if (!document) return answered(from_fault(document.fault()));
        remember(*line, request.body());
    } else if (base::iequals(state->state, "active")) {
        // Nobody tells the PBX of this mailbox any more (Kamailio).
        line->body.clear();
        withdraw(line->aor, line->pbx);
    }
    adopt(*line, request);
    notified_.add();
    const bool is_over = base::iequals(state->state, "terminated");
    const auto most = std::max(line->asked, kShortest);
    const auto granted = std::clamp(state->expires.value_or(most), kShortest, most);
    // Before the answer: `state` points into the request, which ends with it.
    if (line->is_leaving) return answered(sip::Answer{});
    if (is_over) {
        publish(*line);
        on_terminated(*line, *state);
    } else if (step(*line, UpstreamInput::notified)) {
        refresh_in(*line, granted);
        publish(*line);
    }
    return answered(sip::Answer{});
}

}  // namespace herald::server
