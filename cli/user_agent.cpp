// cli/user_agent.cpp: sends requests to where they belong, and hands arriving ones to who awaits
// them.
#include "cli/user_agent.h"

#include <algorithm>
#include <cassert>

#include "base/id.h"
#include "base/text.h"
#include "cli/command.h"
#include "sip/dialog_request.h"
#include "sip/path.h"

namespace herald::cli {
namespace {

std::string request_uri_of(const OutgoingRequest& request) {
    return sip::request_uri_of(sip::routing_of(request.uri, request.routes));
}

sip::StackOptions stack_options(const UserAgent::Options& options) {
    sip::StackOptions stack;
    stack.timers = options.timers;
    stack.max_server_transactions = 10'000;
    stack.lasting_key = base::random_key();
    stack.user_agent = "Herald/" + std::string(version());
    return stack;
}

std::string seconds_text(base::Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) +
           " s";
}

std::string target_text(const sip::Target& target) {
    return target.endpoint.to_string() + " (" + std::string(sip::via_name(target.protocol)) + ")";
}

std::string refusal_text(const sip::Message& response) {
    std::string text = std::to_string(response.status()) + " " + std::string(response.reason());
    if (const auto warning = response.header(sip::Header::warning)) {
        text += ": " + std::string(*warning);
    }
    const auto events = response.header(sip::Header::allow_events);
    const bool is_unknown_event = response.status() == 489 && events;
    if (is_unknown_event) text += " (known here: " + std::string(*events) + ")";
    const auto types = response.header(sip::Header::accept);
    const bool is_other_type = response.status() == 415 && types;
    if (is_other_type) text += " (taken here: " + std::string(*types) + ")";
    return text;
}

}  // namespace

UserAgent::UserAgent(base::Loop& loop, sip::Transport& transport, base::Metrics& metrics,
                     Options options)
    : loop_(loop),
      transport_(transport),
      options_(std::move(options)),
      stack_(loop, transport, *this, metrics, stack_options(options_)),
      locator_(loop, options_.locator),
      contact_user_("herald-" + base::random_token(5)) {}

UserAgent::~UserAgent() {
    for (auto& [id, exchange] : exchanges_) {
        loop_.timers().cancel(exchange->patience);
        if (exchange->transaction) stack_.forget(exchange->transaction);
    }
}

UserAgent::ExchangeId UserAgent::send(OutgoingRequest request, Done done) {
    const ExchangeId id = ++last_id_;
    auto exchange = std::make_unique<Exchange>();
    exchange->request = std::move(request);
    exchange->done = std::move(done);
    if (digest_) {
        const OutgoingRequest& r = exchange->request;
        const std::string uri = request_uri_of(r);
        exchange->credentials = digest_->next(sip::name_of(r.method), uri, r.body).value_or("");
    }
    const std::string hop = next_hop(exchange->request);
    exchanges_.emplace(id, std::move(exchange));
    locator_.locate(hop,
                    alive_.guard([id](UserAgent& self, Result<std::vector<sip::Target>> targets) {
                        self.on_located(id, std::move(targets));
                    }));
    return id;
}

void UserAgent::forget(ExchangeId id) {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    loop_.timers().cancel(found->second->patience);
    if (found->second->transaction) stack_.forget(found->second->transaction);
    exchanges_.erase(found);
}

void UserAgent::add(RequestReceiver& receiver) {
    receivers_.push_back(&receiver);
}

void UserAgent::remove(RequestReceiver& receiver) {
    std::erase(receivers_, &receiver);
}

std::string UserAgent::next_hop(const OutgoingRequest& request) const {
    std::string hop(sip::routing_of(request.uri, request.routes).next_hop);
    // A dialog's own route or target comes before the outbound proxy, which only the first request
    // needs.
    if (!request.is_in_dialog && !options_.server.empty()) hop = "sip:" + options_.server;
    const Result<sip::Uri> uri = sip::parse_uri(hop);
    if (options_.protocol && uri && !uri->parameter("transport") && uri->headers.empty()) {
        hop += ";transport=" + std::string(sip::uri_name(*options_.protocol));
    }
    return hop;
}

void UserAgent::on_located(ExchangeId id, Result<std::vector<sip::Target>> targets) {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    Exchange& exchange = *found->second;
    if (!targets || targets->empty()) {
        const std::string host = next_hop(exchange.request);
        const std::string why = targets ? "no address" : targets.fault().detail;
        return finish(id, {.status = 503,
                           .cseq = exchange.request.cseq,
                           .why = "cannot find " + host + ": " + why});
    }
    exchange.targets = std::move(*targets);
    prefer_streams(exchange);
    attempt(id);
}

void UserAgent::prefer_streams(Exchange& exchange) const {
    const OutgoingRequest& request = exchange.request;
    constexpr std::size_t kOtherHeaders = 500;
    const std::size_t size = request.body.size() + request.headers.size() + 2 * request.uri.size() +
                             request.from.size() + request.to.size() + kOtherHeaders;
    if (options_.protocol || size <= sip::kMostOnUdp) return;
    std::vector<sip::Target> targets;
    for (const sip::Target& target : exchange.targets) {
        const sip::Target stream{sip::Protocol::tcp, target.endpoint};
        const bool is_listed = std::find(targets.begin(), targets.end(), stream) != targets.end();
        const bool is_udp = target.protocol == sip::Protocol::udp;
        if (is_udp && !is_listed) targets.push_back(stream);
        // RFC 3428 8: a MESSAGE that long never goes over UDP.
        if (!is_udp || request.method != sip::Method::message) targets.push_back(target);
    }
    exchange.targets = std::move(targets);
}

void UserAgent::attempt(ExchangeId id) {
    Exchange& exchange = *exchanges_.at(id);
    const sip::Target& target = exchange.targets[exchange.target];
    const Result<sip::Flow> flow = transport_.open(target.protocol, target.endpoint);
    if (!flow) return attempt_next(id, 503);
    exchange.contact = contact(*flow);
    exchange.transaction = stack_.start(*flow, *this, id);
    exchange.patience = loop_.timers().arm(loop_.clock().now() + options_.patience,
                                           [this, id] { on_patience_lost(id); });
}

void UserAgent::attempt_next(ExchangeId id, int status) {
    Exchange& exchange = *exchanges_.at(id);
    const sip::Target failed = exchange.targets[exchange.target];
    if (++exchange.target < exchange.targets.size()) return attempt(id);
    std::string why = status == 408 ? "no answer from " + target_text(failed) + " within " +
                                          seconds_text(options_.patience)
                                    : "nobody listens at " + target_text(failed);
    finish(id, {.status = status, .cseq = exchange.request.cseq, .why = std::move(why)});
}

void UserAgent::on_patience_lost(ExchangeId id) {
    Exchange& exchange = *exchanges_.at(id);
    stack_.forget(std::exchange(exchange.transaction, {}));
    attempt_next(id, 408);
}

void UserAgent::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const Exchange& exchange = *exchanges_.at(user);
    const OutgoingRequest& request = exchange.request;
    const auto line = [&](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    sip::append_head(out,
                     {.method = request.method,
                      .remote_target = request.uri,
                      .routes = request.routes,
                      .from = request.from,
                      .to = request.to,
                      .call_id = request.call_id,
                      .cseq = request.cseq},
                     via);
    if (request.with_contact) line("Contact", exchange.contact);
    out.append(exchange.credentials);
    out.append(request.headers);
    line("User-Agent", "Herald/" + std::string(version()));
    if (!request.body.empty()) line("Content-Type", request.content_type);
    line("Content-Length", std::to_string(request.body.size()));
    out.append("\r\n").append(request.body);
}

void UserAgent::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto found = exchanges_.find(user);
    if (found == exchanges_.end()) return;
    found->second->transaction = {};
    loop_.timers().cancel(found->second->patience);
    if (outcome.how != sip::ClientOutcome::How::response) {
        return attempt_next(user, outcome.status);
    }
    // Only the 2xx to a NOTIFY comes without its message (sip/transaction.h); none is sent here.
    assert(outcome.message != nullptr);
    on_response(user, *outcome.message);
}

void UserAgent::on_response(ExchangeId id, const sip::Message& response) {
    Exchange& exchange = *exchanges_.at(id);
    const int status = response.status();
    const bool is_challenge = status == 401 || status == 407;
    if (is_challenge && answer_challenge(exchange, response)) return attempt(id);
    if (digest_ && !is_challenge) digest_->learn(response);
    const bool has_more_targets = exchange.target + 1 < exchange.targets.size();
    if (status == 503 && has_more_targets) return attempt_next(id, status);
    Reply reply{.status = status, .is_answered = true, .message = &response};
    reply.cseq = exchange.request.cseq;
    if (status >= 300) reply.why = refusal_text(response);
    if (is_challenge) {
        reply.why += options_.password.empty() ? " (give --password)" : " (wrong name or password)";
    }
    finish(id, std::move(reply));
}

bool UserAgent::answer_challenge(Exchange& exchange, const sip::Message& response) {
    sip::DigestClient* const client = digest();
    if (!client) return false;
    OutgoingRequest& request = exchange.request;
    // The challenge to a request without credentials refuses none, whatever another exchange sent
    // meanwhile.
    if (exchange.credentials.empty()) client->learn(response);
    const std::string uri = request_uri_of(request);
    auto lines = client->answer(response, sip::name_of(request.method), uri, request.body);
    if (!lines) return false;
    exchange.credentials = std::move(*lines);
    ++request.cseq;  // RFC 3261 22.2
    return true;
}

sip::DigestClient* UserAgent::digest() {
    if (options_.password.empty() && options_.ask_password && !has_asked_password_) {
        has_asked_password_ = true;
        options_.password = options_.ask_password().value_or("");
    }
    if (!digest_ && !options_.password.empty()) {
        digest_ = std::make_unique<sip::DigestClient>(options_.username, options_.password);
    }
    return digest_.get();
}

void UserAgent::finish(ExchangeId id, Reply reply) {
    const auto found = exchanges_.find(id);
    // The exchange goes first: `done` may start the next one, or end the agent's user.
    const std::unique_ptr<Exchange> exchange = std::move(found->second);
    exchanges_.erase(found);
    if (exchange->request.with_contact) reply.contact = exchange->contact;
    exchange->done(reply);
}

void UserAgent::on_request(sip::ServerTransactionId id, const sip::Message& request,
                           const sip::Flow&) {
    const sip::Answer answer = answer_to(request);
    stack_.answer(id, answer);
}

sip::Answer UserAgent::answer_to(const sip::Message& request) {
    if (request.method() == sip::Method::options) return {.status = 200, .headers = allow()};
    const std::vector<RequestReceiver*> receivers = receivers_;
    for (RequestReceiver* const receiver : receivers) {
        if (receiver->method() != request.method()) continue;
        if (auto answer = receiver->on_request(request)) return std::move(*answer);
    }
    if (request.method() == sip::Method::notify) return {.status = 481};
    return {.status = 405, .headers = allow()};
}

std::string UserAgent::allow() const {
    std::string line = "Allow: NOTIFY, OPTIONS";
    for (const RequestReceiver* const receiver : receivers_) {
        const auto name = sip::name_of(receiver->method());
        if (line.find(name) == std::string::npos) line.append(", ").append(name);
    }
    return line + "\r\n";
}

std::string UserAgent::contact(const sip::Flow& flow) const {
    const sip::ListenerAddress& listener = transport_.listener(flow);
    std::string value =
        "<sip:" + contact_user_ + "@" + listener.host + ":" + std::to_string(listener.port);
    if (flow.protocol != sip::Protocol::udp) {
        value += ";transport=" + std::string(sip::uri_name(flow.protocol));
    }
    return value + ">";
}

Result<std::string> resource_uri(std::string_view typed) {
    std::string text(base::trim(typed));
    if (!text.empty() && text.find_first_of(":@.") == std::string::npos) {
        return Fault{FaultKind::malformed,
                     "'" + text + "' names no domain; did you mean " + text + "@localhost?"};
    }
    if (text.find(':') == std::string::npos ||
        !(base::istarts_with(text, "sip:") || base::istarts_with(text, "sips:") ||
          base::istarts_with(text, "pres:"))) {
        text = "sip:" + text;
    }
    const Result<sip::Uri> uri = sip::parse_uri(text);
    if (!uri || uri->host.empty()) {
        return Fault{FaultKind::malformed,
                     "'" + std::string(typed) + "' is not a SIP URI like sip:alice@example.com"};
    }
    return text;
}

}  // namespace herald::cli
