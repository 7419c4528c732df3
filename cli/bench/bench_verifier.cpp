// cli/bench/bench_verifier.cpp: fetches each presentity and compares what is there with what the
// server acknowledged.
#include "cli/bench/bench_verifier.h"

#include "cli/bench/bench_publisher.h"

namespace herald::cli::bench {
namespace {

/// A lost datagram or a busy server says nothing about what is kept.
constexpr std::uint32_t kMostTries = 5;
constexpr std::size_t kMostExamples = 5;

}  // namespace

Verifier::Verifier(Traffic& traffic, const FanOut& fan_out)
    : traffic_(traffic), fan_out_(fan_out), fetches_(traffic.plan.presentities) {}

bool Verifier::start(base::Instant) {
    if (traffic_.exchanges.is_full()) return false;
    if (!again_.empty()) {
        const std::uint32_t presentity = again_.front();
        again_.pop_front();
        ask(presentity);
        return true;
    }
    while (next_ < fetches_.size()) {
        const std::uint32_t presentity = next_++;
        if (fan_out_.acknowledged(presentity) == 0) continue;
        ask(presentity);
        return true;
    }
    return false;
}

void Verifier::ask(std::uint32_t presentity) {
    const auto port = traffic_.plan.ports + presentity % kPublisherPorts;
    Exchange& exchange = traffic_.exchanges.open(Exchange::Kind::fetch, presentity, port);
    exchange.intended = traffic_.now;
    Fetch& fetch = fetches_[presentity];
    fetch.is_waiting = true;
    ++fetch.tries;
    ++unfinished_;
    ++traffic_.counters.requests;
    deadlines_.push_back({presentity, fetch.tries, traffic_.now + traffic_.plan.timeout});
    send(exchange);
}

RequestParts Verifier::parts_of(const Exchange& exchange) {
    const std::uint32_t presentity = exchange.subject;
    to_ = traffic_.aor('p', presentity);
    from_ = to_;
    tag_ = traffic_.tag('f', presentity);
    contact_ = traffic_.contact(tag_, exchange.port);
    return {.method = "SUBSCRIBE",
            .request_uri = to_,
            .via = {},
            .from = from_,
            .from_tag = tag_,
            .to = to_,
            .to_tag = {},
            .call_id = tag_,
            .cseq = fetches_[presentity].cseq,
            .contact_name = {},
            .contact = contact_,
            .event = name_of(traffic_.plan.event),
            .entity_tag = {},
            .authorization = {},
            .expires = 0,
            .body = {}};
}

void Verifier::send(Exchange& exchange) {
    ++fetches_[exchange.subject].cseq;
    traffic_.send(exchange, parts_of(exchange), 'p', exchange.subject);
}

bool Verifier::on_notify(std::uint32_t number, const DialogHead& notify) {
    if (number >= fetches_.size()) return false;
    Fetch& fetch = fetches_[number];
    if (!fetch.is_waiting) return fetch.tries > 0;
    fetch.is_waiting = false;
    --unfinished_;
    if (highest_sequence(notify.body) >= fan_out_.acknowledged(number)) {
        ++intact_;
        return true;
    }
    ++lost_;
    if (examples_.size() < kMostExamples) examples_.push_back(traffic_.aor('p', number));
    return true;
}

void Verifier::on_response(Exchange& exchange, int status, std::string_view response) {
    const std::uint32_t presentity = exchange.subject;
    if (is_challenge(status)) {
        Exchange* again =
            traffic_.take_challenge(exchange, response, parts_of(exchange), 'p', presentity);
        if (again) return send(*again);
    }
    traffic_.exchanges.close(exchange);
    traffic_.count(status);
    if (status >= 300) give_up(presentity);
}

void Verifier::on_timeout(Exchange& exchange) {
    const std::uint32_t presentity = exchange.subject;
    traffic_.exchanges.close(exchange);
    ++traffic_.counters.timeouts;
    give_up(presentity);
}

void Verifier::give_up(std::uint32_t presentity) {
    Fetch& fetch = fetches_[presentity];
    if (!fetch.is_waiting) return;
    fetch.is_waiting = false;
    --unfinished_;
    if (fetch.tries < kMostTries) {
        again_.push_back(presentity);
    } else {
        ++unknown_;
    }
}

void Verifier::expire() {
    while (!deadlines_.empty() && deadlines_.front().at <= traffic_.now) {
        const Deadline due = deadlines_.front();
        deadlines_.pop_front();
        if (fetches_[due.presentity].tries == due.tries) give_up(due.presentity);
    }
}

}  // namespace herald::cli::bench
