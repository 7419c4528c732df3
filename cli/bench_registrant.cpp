// cli/bench_registrant.cpp: the devices of the load generator that register (RFC 3261 10.2).
#include "cli/bench_registrant.h"

namespace herald::cli::bench {

Registrants::Registrants(Traffic& traffic)
    : traffic_(traffic), registrar_("sip:" + traffic.plan.domain) {
    if (traffic.plan.phase == Phase::register_) cseqs_.resize(traffic.plan.presentities, 1);
}

bool Registrants::start_first(base::Instant intended) {
    if (next_first_ == cseqs_.size() || traffic_.exchanges.is_full()) return false;
    ask(next_first_++, intended);
    return true;
}

bool Registrants::start_refresh(base::Instant intended) {
    if (free_.empty() || traffic_.exchanges.is_full()) return false;
    const auto number = free_.front();
    free_.pop_front();
    ask(number, intended);
    return true;
}

void Registrants::ask(std::uint32_t number, base::Instant intended) {
    const auto port = number % traffic_.plan.ports;
    Exchange& exchange = traffic_.exchanges.open(Exchange::Kind::register_, number, port);
    exchange.intended = intended;
    ++unfinished_;
    ++traffic_.counters.requests;
    send(exchange);
}

RequestParts Registrants::parts_of(const Exchange& exchange) {
    aor_ = traffic_.aor('p', exchange.subject);
    tag_ = traffic_.tag('p', exchange.subject);
    contact_ = "sip:" + tag_ + '@' + traffic_.ports.name(exchange.port);
    return {.method = "REGISTER",
            .request_uri = registrar_,
            .via = {},
            .from = aor_,
            .from_tag = tag_,
            .to = aor_,
            .to_tag = {},
            .call_id = tag_,
            .cseq = cseqs_[exchange.subject],
            .contact = contact_,
            .event = {},
            .entity_tag = {},
            .authorization = {},
            .expires = traffic_.plan.expires,
            .body = {}};
}

void Registrants::send(Exchange& exchange) {
    const auto parts = parts_of(exchange);
    ++cseqs_[exchange.subject];
    traffic_.send(exchange, parts, 'p', exchange.subject);
}

void Registrants::finish(const Exchange& exchange) {
    free_.push_back(exchange.subject);
    --unfinished_;
}

void Registrants::on_response(Exchange& exchange, int status, std::string_view response) {
    const auto number = exchange.subject;
    if (is_challenge(status)) {
        Exchange* again =
            traffic_.take_challenge(exchange, response, parts_of(exchange), 'p', number);
        if (again) return send(*again);
    }
    traffic_.count(status);
    if (status < 300) {
        latencies_.add(traffic_.now - exchange.intended);
        traffic_.learn(response, 'p', number);
    }
    finish(exchange);
    traffic_.exchanges.close(exchange);
}

void Registrants::on_timeout(Exchange& exchange) {
    ++traffic_.counters.timeouts;
    finish(exchange);
    traffic_.exchanges.close(exchange);
}

}  // namespace herald::cli::bench
