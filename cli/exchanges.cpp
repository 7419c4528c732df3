// cli/exchanges.cpp: requests for the shell that find their way, and what becomes of them.
#include "cli/exchanges.h"

#include <cassert>
#include <utility>

#include "base/id.h"
#include "cli/command.h"
#include "sip/dialog_request.h"
#include "sip/fields.h"
#include "sip/uri.h"

namespace herald::cli {
namespace {

std::string request_uri_of(const OutgoingRequest& request) {
    return sip::request_uri_of(sip::routing_of(request.uri, request.routes));
}

std::string seconds_text(base::Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) +
           " s";
}

std::string peer_text(const sip::Flow& flow) {
    return flow.peer.to_string() + " (" + std::string(sip::via_name(flow.protocol)) + ")";
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

/// The URI whose addresses the request is sent to.
std::string next_hop_of(const OutgoingRequest& request, const UserAgentOptions& options) {
    std::string hop(sip::routing_of(request.uri, request.routes).next_hop);
    // A dialog's own route or target comes before the outbound proxy, which only the first request
    // needs.
    if (!request.is_in_dialog && !options.server.empty()) hop = "sip:" + options.server;
    const Result<sip::Uri> uri = sip::parse_uri(hop);
    if (options.protocol && uri && !uri->parameter("transport") && uri->headers.empty()) {
        hop += ";transport=" + std::string(sip::uri_name(*options.protocol));
    }
    return hop;
}

/// An estimate from above.
std::size_t size_of(const OutgoingRequest& request) {
    constexpr std::size_t kOtherHeaders = 500;
    return request.body.size() + request.headers.size() + 2 * request.uri.size() +
           request.from.size() + request.to.size() + kOtherHeaders;
}

std::string contact_at(const sip::ListenerAddress& listener, sip::Protocol protocol,
                       std::string_view user) {
    std::string value("<sip:");
    value.append(user).append("@" + listener.host + ":" + std::to_string(listener.port));
    if (protocol != sip::Protocol::udp) value.append(";transport=").append(sip::uri_name(protocol));
    return value + ">";
}

}  // namespace

std::optional<std::uint32_t> Reply::delta_seconds(sip::Header header) const {
    if (!message) return std::nullopt;
    const auto value = message->header(header);
    return value ? sip::parse_delta_seconds(*value) : std::nullopt;
}

bool Reply::is_passing() const noexcept {
    return !is_answered || status == 408 || status == 480 || status / 100 == 5;
}

Exchanges::Exchanges(base::Loop& loop, sip::Transport& transport, sip::Stack& stack,
                     UserAgentOptions& options)
    : loop_(loop),
      transport_(transport),
      stack_(stack),
      options_(options),
      locator_(loop, options.locator),
      large_(loop, transport),
      contact_user_("herald-" + base::random_token(5)) {}

Exchanges::~Exchanges() {
    for (auto& [id, exchange] : exchanges_) abandon(*exchange);
}

Exchanges::Id Exchanges::send(OutgoingRequest request, Done done) {
    const Id id = ++last_id_;
    auto exchange = std::make_unique<Exchange>();
    exchange->request = std::move(request);
    exchange->done = std::move(done);
    if (digest_) {
        const OutgoingRequest& r = exchange->request;
        const std::string uri = request_uri_of(r);
        exchange->credentials = digest_->next(sip::name_of(r.method), uri, r.body).value_or("");
    }
    exchange->next_hop = next_hop_of(exchange->request, options_);
    exchange->path =
        sip::Path({loop_, transport_, locator_}, {{std::nullopt, exchange->next_hop, {}}});
    exchanges_.emplace(id, std::move(exchange));
    loop_.post(alive_.guard([id](Exchanges& self) { self.take_next_way(id); }));
    return id;
}

void Exchanges::forget(Id id) {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    abandon(*found->second);
    exchanges_.erase(found);
}

void Exchanges::abandon(Exchange& exchange) {
    loop_.timers().cancel(exchange.patience);
    if (exchange.transaction) stack_.forget(std::exchange(exchange.transaction, {}));
}

void Exchanges::take_next_way(Id id) {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    const auto step = found->second->path.next(
        alive_.guard([id](Exchanges& self, sip::Path::Step way) { self.follow(id, way); }));
    follow(id, step);
}

void Exchanges::follow(Id id, sip::Path::Step step) {
    if (step == sip::Path::Step::looking) return;
    if (step == sip::Path::Step::over) return give_up(id);
    const Exchange& exchange = *exchanges_.at(id);
    const sip::Flow& flow = exchange.path.flow();
    const bool may_switch = !options_.protocol;
    attempt(id, may_switch ? large_.carrier(flow, size_of(exchange.request)) : flow);
}

void Exchanges::attempt(Id id, const sip::Flow& flow) {
    Exchange& exchange = *exchanges_.at(id);
    // RFC 3428 8: a MESSAGE that large never goes over UDP.
    const bool is_too_large = exchange.request.method == sip::Method::message &&
                              !options_.protocol && !sip::is_reliable(flow.protocol) &&
                              size_of(exchange.request) > sip::kMostOnUdp;
    if (is_too_large) return take_next_way(id);
    exchange.flow = flow;
    exchange.contact = contact_at(transport_.listener(flow), flow.protocol, contact_user_);
    exchange.transaction = stack_.start(flow, *this, id);
    exchange.patience = loop_.timers().arm(loop_.clock().now() + options_.patience,
                                           [this, id] { on_patience_lost(id); });
}

bool Exchanges::is_switched(const Exchange& exchange) {
    return exchange.flow.protocol != exchange.path.flow().protocol;
}

/// If a stream took the place of UDP, UDP is next.
void Exchanges::try_elsewhere(Id id, int status) {
    Exchange& exchange = *exchanges_.at(id);
    exchange.status = status;
    if (is_switched(exchange)) return attempt(id, exchange.path.flow());
    take_next_way(id);
}

void Exchanges::give_up(Id id) {
    const Exchange& exchange = *exchanges_.at(id);
    const auto& trouble = exchange.path.trouble();
    std::string why;
    if (exchange.status == 408) {
        why = "no answer from " + peer_text(exchange.flow) + " within " +
              seconds_text(options_.patience);
    } else if (exchange.flow.peer.is_valid()) {
        why = "nobody listens at " + peer_text(exchange.flow);
    } else if (trouble) {
        why = "cannot find " + exchange.next_hop + ": " + trouble->detail;
    } else {
        why = "nobody listens at " + exchange.next_hop;
    }
    finish(id, {.status = exchange.status, .cseq = exchange.request.cseq, .why = std::move(why)});
}

void Exchanges::on_patience_lost(Id id) {
    Exchange& exchange = *exchanges_.at(id);
    abandon(exchange);
    if (is_switched(exchange)) large_.on_refused(exchange.flow);
    try_elsewhere(id, 408);
}

void Exchanges::write_request(std::uint64_t user, std::string_view via, std::string& out) {
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
    const auto& agent = request.user_agent;
    line("User-Agent", agent.empty() ? "Herald/" + std::string(version()) : agent);
    if (!request.body.empty()) line("Content-Type", request.content_type);
    line("Content-Length", std::to_string(request.body.size()));
    out.append("\r\n").append(request.body);
}

void Exchanges::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto found = exchanges_.find(user);
    if (found == exchanges_.end()) return;
    Exchange& exchange = *found->second;
    exchange.transaction = {};
    loop_.timers().cancel(exchange.patience);
    if (outcome.how == sip::ClientOutcome::How::response) {
        // Only the 2xx to a NOTIFY comes without its message (sip/transaction.h); none is sent
        // here.
        assert(outcome.message != nullptr);
        return on_response(user, *outcome.message);
    }
    if (is_switched(exchange)) large_.on_refused(exchange.flow);
    try_elsewhere(user, outcome.status);
}

void Exchanges::on_response(Id id, const sip::Message& response) {
    Exchange& exchange = *exchanges_.at(id);
    const int status = response.status();
    const bool is_challenge = status == 401 || status == 407;
    if (is_challenge && answer_challenge(exchange, response))
        return attempt(id, sip::Flow(exchange.flow));
    if (digest_ && !is_challenge) digest_->learn(response);
    const bool has_more = is_switched(exchange) || exchange.path.has_more();
    if (status == 503 && has_more) return try_elsewhere(id, status);
    Reply reply{.status = status, .is_answered = true, .message = &response};
    reply.cseq = exchange.request.cseq;
    if (status >= 300) reply.why = refusal_text(response);
    if (is_challenge) {
        reply.why += options_.password.empty() ? " (give --password)" : " (wrong name or password)";
    }
    finish(id, std::move(reply));
}

bool Exchanges::answer_challenge(Exchange& exchange, const sip::Message& response) {
    sip::DigestClient* const client = digest();
    if (!client) return false;
    OutgoingRequest& request = exchange.request;
    // A request without credentials had none that could be refused, whatever another exchange has
    // sent meanwhile.
    if (exchange.credentials.empty()) client->learn(response);
    const std::string uri = request_uri_of(request);
    auto lines = client->answer(response, sip::name_of(request.method), uri, request.body);
    if (!lines) return false;
    exchange.credentials = std::move(*lines);
    ++request.cseq;  // RFC 3261 22.2
    return true;
}

sip::DigestClient* Exchanges::digest() {
    if (options_.password.empty() && options_.ask_password && !has_asked_password_) {
        has_asked_password_ = true;
        options_.password = options_.ask_password().value_or("");
    }
    if (!digest_ && !options_.password.empty()) {
        digest_ = std::make_unique<sip::DigestClient>(options_.username, options_.password);
    }
    return digest_.get();
}

void Exchanges::finish(Id id, Reply reply) {
    const auto found = exchanges_.find(id);
    // The exchange goes first: `done` may start the next one, or destroy whoever uses this.
    const std::unique_ptr<Exchange> exchange = std::move(found->second);
    exchanges_.erase(found);
    if (exchange->request.with_contact) reply.contact = exchange->contact;
    exchange->done(reply);
}

}  // namespace herald::cli
