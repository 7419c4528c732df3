// cli/bench_messenger.cpp: users of the load generator who register and write to each other (RFC
// 3428).
#include "cli/bench_messenger.h"

#include "base/text.h"
#include "cli/bench_publisher.h"

namespace herald::cli::bench {
namespace {

using Kind = Exchange::Kind;

/// What people write to each other.
constexpr std::size_t kTextSize = 160;

}  // namespace

Messengers::Messengers(Traffic& traffic) : traffic_(traffic), text_(kTextSize, 'm') {}

bool Messengers::start_register(base::Instant intended) {
    if (next_register_ == traffic_.plan.presentities || traffic_.exchanges.is_full()) return false;
    const auto user = next_register_++;
    start(Kind::register_, user, user % traffic_.plan.ports, intended);
    return true;
}

bool Messengers::start_message(base::Instant intended) {
    if (traffic_.exchanges.is_full()) return false;
    const auto user = next_message_++ % traffic_.plan.presentities;
    start(Kind::message, user, traffic_.plan.ports + user % kPublisherPorts, intended);
    return true;
}

void Messengers::start(Kind kind, std::uint32_t user, std::uint32_t port, base::Instant intended) {
    Exchange& exchange = traffic_.exchanges.open(kind, user, port);
    exchange.intended = intended;
    exchange.sequence = ++cseq_;
    ++traffic_.counters.requests;
    ++unfinished_;
    send(exchange);
}

/// Everybody hears from somebody else.
std::uint32_t Messengers::writer_to(std::uint32_t user) const noexcept {
    return (user + 1) % traffic_.plan.presentities;
}

RequestParts Messengers::parts_of(const Exchange& exchange) {
    const bool is_message = exchange.kind == Kind::message;
    const auto sender = is_message ? writer_to(exchange.subject) : exchange.subject;
    from_ = traffic_.aor('p', sender);
    to_ = traffic_.aor('p', exchange.subject);
    request_uri_ = is_message ? to_ : "sip:" + traffic_.plan.domain;
    contact_.clear();
    if (!is_message) {
        contact_ = to_.substr(0, to_.find('@') + 1);
        contact_ += traffic_.ports.name(exchange.port);
    }
    tag_ = traffic_.tag('m', exchange.slot);
    tag_ += '.';
    base::append_number(tag_, exchange.sequence);
    return {.method = is_message ? "MESSAGE" : "REGISTER",
            .request_uri = request_uri_,
            .via = {},
            .from = from_,
            .from_tag = tag_,
            .to = to_,
            .to_tag = {},
            .call_id = tag_,
            .cseq = exchange.is_authenticated ? 2U : 1U,
            .contact = contact_,
            .event = {},
            .entity_tag = {},
            .authorization = {},
            .expires = is_message ? std::nullopt : std::optional(traffic_.plan.expires),
            .body = is_message ? std::string_view(text_) : std::string_view(),
            .content_type = "text/plain"};
}

void Messengers::send(Exchange& exchange) {
    const bool is_message = exchange.kind == Kind::message;
    const auto who = is_message ? writer_to(exchange.subject) : exchange.subject;
    traffic_.send(exchange, parts_of(exchange), 'p', who);
}

void Messengers::on_response(Exchange& exchange, int status, std::string_view response) {
    const bool is_message = exchange.kind == Kind::message;
    const auto who = is_message ? writer_to(exchange.subject) : exchange.subject;
    if (is_challenge(status)) {
        const auto sequence = exchange.sequence;
        Exchange* again = traffic_.take_challenge(exchange, response, parts_of(exchange), 'p', who);
        if (again) {
            again->sequence = sequence;
            return send(*again);
        }
    }
    const auto intended = exchange.intended;
    traffic_.exchanges.close(exchange);
    traffic_.count(status);
    --unfinished_;
    if (status >= 300) return;
    latencies_.add(traffic_.now - intended);
    traffic_.learn(response, 'p', who);
}

void Messengers::on_timeout(Exchange& exchange) {
    traffic_.exchanges.close(exchange);
    ++traffic_.counters.timeouts;
    --unfinished_;
}

}  // namespace herald::cli::bench
