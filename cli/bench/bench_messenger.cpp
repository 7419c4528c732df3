// cli/bench/bench_messenger.cpp: users of the load generator who write to each other (RFC 3428).
#include "cli/bench/bench_messenger.h"

#include "base/text.h"
#include "cli/bench/bench_publisher.h"

namespace herald::cli::bench {
namespace {

/// What people write to each other.
constexpr std::size_t kTextSize = 160;

}  // namespace

Messengers::Messengers(Traffic& traffic) : traffic_(traffic), text_(kTextSize, 'm') {}

bool Messengers::start(base::Instant intended) {
    if (traffic_.exchanges.is_full()) return false;
    const auto user = next_++ % traffic_.plan.presentities;
    const auto port = traffic_.plan.ports + user % kPublisherPorts;
    Exchange& exchange = traffic_.exchanges.open(Exchange::Kind::message, user, port);
    exchange.intended = intended;
    exchange.sequence = ++sequence_;
    ++traffic_.counters.requests;
    ++unfinished_;
    send(exchange);
    return true;
}

/// Everybody hears from somebody else.
std::uint32_t Messengers::writer_to(std::uint32_t user) const noexcept {
    return (user + 1) % traffic_.plan.presentities;
}

RequestParts Messengers::parts_of(const Exchange& exchange) {
    from_ = traffic_.aor('p', writer_to(exchange.subject));
    to_ = traffic_.aor('p', exchange.subject);
    tag_ = traffic_.tag('m', exchange.slot);
    tag_ += '.';
    base::append_number(tag_, exchange.sequence);
    return {.method = "MESSAGE",
            .request_uri = to_,
            .via = {},
            .from = from_,
            .from_tag = tag_,
            .to = to_,
            .to_tag = {},
            .call_id = tag_,
            .cseq = exchange.is_authenticated ? 2U : 1U,
            .contact_name = {},
            .contact = {},
            .event = {},
            .entity_tag = {},
            .authorization = {},
            .expires = {},
            .body = text_,
            .content_type = "text/plain"};
}

void Messengers::send(Exchange& exchange) {
    traffic_.send(exchange, parts_of(exchange), 'p', writer_to(exchange.subject));
}

void Messengers::on_response(Exchange& exchange, int status, std::string_view response) {
    const auto writer = writer_to(exchange.subject);
    if (is_challenge(status)) {
        Exchange* again =
            traffic_.take_challenge(exchange, response, parts_of(exchange), 'p', writer);
        if (again) return send(*again);
    }
    const auto intended = exchange.intended;
    traffic_.exchanges.close(exchange);
    traffic_.count(status);
    --unfinished_;
    if (status >= 300) return;
    latencies_.add(traffic_.now - intended);
    traffic_.learn(response, 'p', writer);
}

void Messengers::on_timeout(Exchange& exchange) {
    traffic_.exchanges.close(exchange);
    ++traffic_.counters.timeouts;
    --unfinished_;
}

}  // namespace herald::cli::bench
