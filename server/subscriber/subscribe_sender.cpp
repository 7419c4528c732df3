// server/subscriber/subscribe_sender.cpp: Herald's own SUBSCRIBEs on their way.
#include "server/subscriber/subscribe_sender.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"

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

std::string_view remote_target_of(const Line& line) {
    return line.dialog.remote_target.empty() ? line.uri : line.dialog.remote_target;
}

sip::Routing routing_of(const Line& line) {
    return sip::routing_of(remote_target_of(line), line.dialog.route_set);
}

std::string accept_of(const Line& line) {
    std::string accept(line.package->profile().notify_types.front());
    // RFC 4662 4.2.
    if (line.is_list()) accept += ", application/rlmi+xml, multipart/related";
    return accept;
}

std::string text_of(const Line& line, std::string_view contact) {
    const auto& dialog = line.dialog;
    const auto& profile = line.package->profile();
    const auto from = "<" + line.from + ">";
    const auto to = "<" + line.to + ">";
    std::string text;
    sip::append_head(text,
                     {.method = sip::Method::subscribe,
                      .remote_target = remote_target_of(line),
                      .routes = dialog.route_set,
                      .from = from,
                      .from_tag = dialog.local_tag,
                      .to = to,
                      .to_tag = dialog.remote_tag,
                      .call_id = dialog.call_id,
                      .cseq = dialog.cseq},
                     {});
    append_line(text, "Contact: ", contact);
    append_line(text, "Event: ", profile.event);
    append_line(text, "Accept: ", accept_of(line));
    if (line.is_list()) append_line(text, "Supported: ", "eventlist");
    append_line(text, "Expires: ", std::to_string(line.request.asked));
    text += line.request.authorization;
    return text += "Content-Length: 0\r\n\r\n";
}

/// Outside a dialog to the PBX as it is configured, within one where that said.
sip::Leg leg_of(const Line& line) {
    const auto& dialog = line.dialog;
    if (dialog.remote_target.empty() && dialog.route_set.empty())
        return {std::nullopt, line.next_hop, {}};
    return {std::nullopt, std::string(routing_of(line).next_hop), dialog.named_by};
}

}  // namespace

SubscribeSender::SubscribeSender(Context& context, PbxLines& lines, sip::Locator& locator,
                                 std::function<void(Line&)> started, Done done)
    : context_(context),
      lines_(lines),
      locator_(locator),
      started_(std::move(started)),
      done_(std::move(done)) {}

void SubscribeSender::send(Line& line, std::uint32_t expires) {
    line.request.retries = 0;
    send(line, expires, {});
}

void SubscribeSender::abandon(Line& line) {
    ++line.request.attempt;
    line.request.path = {};
    if (line.request.transaction)
        context_.stack.forget(std::exchange(line.request.transaction, {}));
}

/// `authorization` as a challenge was answered, else as the last one allows.
void SubscribeSender::send(Line& line, std::uint32_t expires, std::string authorization) {
    abandon(line);
    auto& request = line.request;
    request.asked = expires;
    ++line.dialog.cseq;
    if (authorization.empty() && line.digest) {
        authorization =
            line.digest->next("SUBSCRIBE", sip::request_uri_of(routing_of(line)), "").value_or("");
    }
    request.is_signed = !authorization.empty();
    request.authorization = std::move(authorization);
    started_(line);
    request.path = sip::Path({context_.loop, context_.stack.transport(), locator_}, {leg_of(line)});
    take_next_way(line);
}

/// RFC 3263 4.3. Nobody is told from within send().
void SubscribeSender::take_next_way(Line& line) {
    const auto step = line.request.path.next([this, id = line.id](sip::Path::Step found) {
        if (auto* waiting = lines_.find(id)) follow(*waiting, found);
    });
    if (step != sip::Path::Step::over) return follow(line, step);
    context_.loop.post([this, id = line.id, attempt = line.request.attempt] {
        auto* waiting = lines_.find(id);
        if (waiting && waiting->request.attempt == attempt) follow(*waiting, sip::Path::Step::over);
    });
}

void SubscribeSender::follow(Line& line, sip::Path::Step step) {
    if (step == sip::Path::Step::looking) return;
    if (step == sip::Path::Step::over) return done_(line, nullptr);
    auto& request = line.request;
    const auto& flow = request.path.flow();
    // A NOTIFY may change the dialog while copies of the request are still sent.
    const auto& target = line.dialog.remote_target;
    request.text = text_of(line, context_.stack.contact(flow, sip::Scheme::sip,
                                                        target.empty() ? line.next_hop : target));
    line.dialog.named_by = flow.peer;
    request.transaction = context_.stack.start(flow, *this, line.id);
    request.transaction ? started_(line) : take_next_way(line);
}

void SubscribeSender::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto* line = lines_.find(user);
    if (!line) return;
    const std::string& text = line->request.text;
    const auto start_line = text.find('\n') + 1;
    out.append(text, 0, start_line).append(via).append(text, start_line);
}

void SubscribeSender::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    auto* line = lines_.find(user);
    if (!line) return;
    line->request.transaction = {};
    if (outcome.message && try_again(*line, *outcome.message)) return;
    const bool has_more = sip::is_next_way_due(outcome) && line->request.path.has_more();
    if (has_more && !line->is_leaving) return take_next_way(*line);
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
        line.digest->answer(message, "SUBSCRIBE", sip::request_uri_of(routing_of(line)), "");
    if (!authorization) return false;
    ++line.request.retries;
    send(line, line.request.asked, *std::move(authorization));
    return true;
}

}  // namespace herald::server
