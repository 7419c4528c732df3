// server/subscriber/subscribe_sender.cpp: Herald's own SUBSCRIBEs on their way.
#include "server/subscriber/subscribe_sender.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sip/fields.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Challenges and 423 answered for one request.
constexpr unsigned kMostRetries = 6;
/// What is asked for at most, however brief all less is called: a week.
constexpr std::uint32_t kLongest = 604'800;

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

std::string without_first(std::string_view routes) {
    const auto comma = routes.find(',', routes.find('>'));
    return comma == routes.npos ? std::string() : std::string(base::trim(routes.substr(comma + 1)));
}

/// RFC 3261 12.2.1.1: a first route without `lr` takes the Request-URI's place.
bool is_strict(std::string_view route) {
    const auto uri = sip::parse_uri(route);
    return uri && !uri->parameter("lr");
}

/// Where a request of the line goes.
struct Way {
    std::string request_uri, routes, next_hop;
};

Way way_of(const Line& line) {
    const auto& dialog = line.dialog;
    const std::string target = dialog.remote_target.empty() ? line.uri : dialog.remote_target;
    const std::string first(first_route(dialog.route_set));
    if (first.empty())
        return {target, {}, dialog.remote_target.empty() ? line.next_hop : dialog.remote_target};
    if (!is_strict(first)) return {target, dialog.route_set, first};
    const auto rest = without_first(dialog.route_set);
    return {first, (rest.empty() ? "<" : rest + ", <") + target + ">", first};
}

std::string_view request_uri_of(const Line::Request& request) {
    constexpr std::string_view kMethod = "SUBSCRIBE ";
    const std::string_view line = request.start_line;
    return line.substr(kMethod.size(), line.find(" SIP/2.0") - kMethod.size());
}

}  // namespace

SubscribeSender::SubscribeSender(Context& context, PbxLines& lines, sip::Locator& locator,
                                 std::function<void(Line&)> started, Done done)
    : context_(context),
      lines_(lines),
      locator_(locator),
      started_(std::move(started)),
      done_(std::move(done)),
      self_(std::make_shared<SubscribeSender*>(this)) {}

SubscribeSender::~SubscribeSender() {
    *self_ = nullptr;
}

void SubscribeSender::send(Line& line, std::uint32_t expires) {
    line.request.retries = 0;
    send(line, expires, {});
}

void SubscribeSender::abandon(Line& line) {
    ++line.request.attempt;
    if (line.request.transaction)
        context_.stack.forget(std::exchange(line.request.transaction, {}));
}

/// `authorization` as a challenge was answered, else as the last one allows.
void SubscribeSender::send(Line& line, std::uint32_t expires, std::string authorization) {
    abandon(line);
    const auto way = way_of(line);
    auto& request = line.request;
    request.start_line = "SUBSCRIBE " + way.request_uri + " SIP/2.0\r\n";
    request.lines = "Max-Forwards: 70\r\n";
    if (!way.routes.empty()) append_line(request.lines, "Route: ", way.routes);
    request.asked = expires;
    ++line.dialog.cseq;
    if (authorization.empty() && line.digest)
        authorization = line.digest->next("SUBSCRIBE", way.request_uri, "").value_or("");
    request.is_signed = !authorization.empty();
    write_head(line, authorization);
    started_(line);
    locate(line, way.next_hop);
}

void SubscribeSender::write_head(Line& line, const std::string& authorization) {
    const auto& dialog = line.dialog;
    const auto& profile = line.package->profile();
    auto& lines = line.request.lines;
    lines += "From: <" + line.from + ">;tag=" + dialog.local_tag + "\r\n";
    lines += "To: <" + line.to + ">";
    if (!dialog.remote_tag.empty()) lines += ";tag=" + dialog.remote_tag;
    lines += "\r\n";
    append_line(lines, "Call-ID: ", dialog.call_id);
    lines += "CSeq: " + std::to_string(dialog.cseq) + " SUBSCRIBE\r\n";
    append_line(lines, "Event: ", profile.event);
    append_line(lines, "Accept: ", profile.notify_types.front());
    append_line(lines, "Expires: ", std::to_string(line.request.asked));
    lines += authorization;
}

void SubscribeSender::locate(Line& line, const std::string& next_hop) {
    locator_.locate(next_hop, [self = self_, id = line.id, attempt = line.request.attempt](
                                  Result<std::vector<sip::Target>> targets) {
        auto* waiting = *self ? (*self)->lines_.find(id) : nullptr;
        if (!waiting || waiting->request.attempt != attempt) return;
        waiting->request.targets = targets ? *std::move(targets) : std::vector<sip::Target>();
        waiting->request.next_target = 0;
        (*self)->try_next_target(*waiting);
    });
}

/// RFC 3263 4.3.
void SubscribeSender::try_next_target(Line& line) {
    auto& request = line.request;
    while (request.next_target < request.targets.size()) {
        const auto target = request.targets[request.next_target++];
        const auto flow = context_.stack.transport().open(target.protocol, target.endpoint);
        if (!flow) continue;
        const auto contact = request.lines.rfind("Contact: ");
        if (contact != std::string::npos) request.lines.resize(contact);
        append_line(request.lines, "Contact: ", context_.stack.contact(*flow));
        request.transaction = context_.stack.start(*flow, *this, line.id);
        if (request.transaction) return started_(line);
    }
    done_(line, nullptr);
}

void SubscribeSender::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto* line = lines_.find(user);
    if (!line) return;
    out += line->request.start_line;
    out += via;
    out += line->request.lines;
    out += "Content-Length: 0\r\n\r\n";
}

void SubscribeSender::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    auto* line = lines_.find(user);
    if (!line) return;
    line->request.transaction = {};
    if (outcome.message && try_again(*line, *outcome.message)) return;
    const bool is_unheard = outcome.how != sip::ClientOutcome::How::response;
    const bool has_more = line->request.next_target < line->request.targets.size();
    if (is_unheard && has_more && !line->is_leaving) return try_next_target(*line);
    done_(*line, &outcome);
}

/// A challenge or 423 that can be satisfied: the same again, as it is wanted.
bool SubscribeSender::try_again(Line& line, const sip::Message& message) {
    const bool is_challenge = message.status() == 401 || message.status() == 407;
    if (!is_challenge && line.digest) line.digest->learn(message);
    if (line.request.retries >= kMostRetries) return false;
    if (message.status() == 423) return ask_for_longer(line, message);
    return is_challenge && sign(line, message);
}

/// Min-Expires says how long; Asterisk does not: twice as long each time. The longer time is asked
/// for from now on.
bool SubscribeSender::ask_for_longer(Line& line, const sip::Message& message) {
    const auto asked = line.request.asked;
    const auto least =
        sip::parse_delta_seconds(message.header(sip::Header::min_expires).value_or(""));
    const auto wanted = std::min(least.value_or(std::min(asked, kLongest) * 2), kLongest);
    if (asked == 0 || wanted <= asked) return false;
    ++line.request.retries;
    line.wanted = wanted;
    send(line, wanted, {});
    return true;
}

bool SubscribeSender::sign(Line& line, const sip::Message& message) {
    if (!line.digest) return false;
    auto authorization =
        line.digest->answer(message, "SUBSCRIBE", request_uri_of(line.request), "");
    if (!authorization) return false;
    ++line.request.retries;
    send(line, line.request.asked, *std::move(authorization));
    return true;
}

}  // namespace herald::server
