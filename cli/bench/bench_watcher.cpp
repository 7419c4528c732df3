// cli/bench/bench_watcher.cpp: the watchers of the load generator (RFC 6665 4.1).
#include "cli/bench/bench_watcher.h"

#include <algorithm>

namespace herald::cli::bench {

Watchers::Watchers(Traffic& traffic, FanOut& fan_out)
    : traffic_(traffic), fan_out_(fan_out), watchers_(traffic.plan.watchers()) {}

bool Watchers::start_subscribe(base::Instant intended) {
    if (next_subscribe_ == watchers_.size() || traffic_.exchanges.is_full()) return false;
    ask(next_subscribe_++, Exchange::Kind::subscribe, intended);
    return true;
}

bool Watchers::start_refresh(base::Instant intended) {
    if (traffic_.exchanges.is_full()) return false;
    for (std::size_t tries = 0; tries < watchers_.size(); ++tries) {
        const std::uint32_t number = next_refresh_;
        next_refresh_ = number + 1 == watchers_.size() ? 0 : number + 1;
        if (!watchers_[number].is_active || watchers_[number].is_busy()) continue;
        ask(number, Exchange::Kind::refresh, intended);
        return true;
    }
    return false;
}

bool Watchers::start_unsubscribe(base::Instant intended) {
    if (traffic_.exchanges.is_full()) return false;
    while (next_unsubscribe_ < watchers_.size()) {
        const std::uint32_t number = next_unsubscribe_++;
        if (!watchers_[number].is_active) continue;
        watchers_[number].is_leaving = true;
        ask(number, Exchange::Kind::unsubscribe, intended);
        return true;
    }
    return false;
}

void Watchers::ask(std::uint32_t number, Exchange::Kind kind, base::Instant intended) {
    const auto port = number % traffic_.plan.ports;
    Exchange& exchange = traffic_.exchanges.open(kind, number, port);
    exchange.intended = intended;
    Watcher& watcher = watchers_[number];
    watcher.needs_answer = watcher.needs_notify = true;
    watcher.intended = intended;
    ++unfinished_;
    ++traffic_.counters.requests;
    send(exchange);
}

RequestParts Watchers::parts_of(const Exchange& exchange) {
    const std::uint32_t number = exchange.subject;
    const Watcher& watcher = watchers_[number];
    to_ = traffic_.aor('p', presentity_of(number));
    from_ = traffic_.aor('w', number);
    from_tag_ = traffic_.tag('w', number);
    request_uri_ = watcher.remote_target.empty() ? to_ : watcher.remote_target;
    contact_ = traffic_.contact(from_tag_, exchange.port);
    const bool is_leaving = exchange.kind == Exchange::Kind::unsubscribe;
    return {.method = "SUBSCRIBE",
            .request_uri = request_uri_,
            .via = {},
            .from = from_,
            .from_tag = from_tag_,
            .to = to_,
            .to_tag = watcher.remote_tag,
            .call_id = from_tag_,
            .cseq = watcher.cseq,
            .contact_name = {},
            .contact = contact_,
            .event = name_of(traffic_.plan.event),
            .entity_tag = {},
            .authorization = {},
            .expires = is_leaving ? 0 : traffic_.plan.expires,
            .body = {}};
}

void Watchers::send(Exchange& exchange) {
    ++watchers_[exchange.subject].cseq;
    traffic_.send(exchange, parts_of(exchange), 'w', exchange.subject);
}

bool Watchers::on_notify(std::uint32_t number, const DialogHead& notify) {
    if (number >= watchers_.size()) return false;
    Watcher& watcher = watchers_[number];
    if (!watcher.is_active && !watcher.is_busy()) return false;
    if (notify.cseq <= watcher.notify_cseq) {
        ++traffic_.counters.repeated_notifies;
        return true;
    }
    watcher.notify_cseq = notify.cseq;
    ++traffic_.counters.notifies;
    const std::uint64_t sequence = highest_sequence(notify.body);
    if (sequence > watcher.seen) {
        if (watcher.is_active) {
            fan_out_.told(presentity_of(number), watcher.seen, sequence, traffic_.now);
        }
        watcher.seen = sequence;
    }
    if (notify.is_terminated) deactivate(number);
    if (watcher.needs_notify) {
        watcher.needs_notify = false;
        settle(number);
    }
    return true;
}

void Watchers::on_response(Exchange& exchange, int status, std::string_view response) {
    const std::uint32_t number = exchange.subject;
    if (is_challenge(status)) {
        Exchange* again =
            traffic_.take_challenge(exchange, response, parts_of(exchange), 'w', number);
        if (again) return send(*again);
    }
    const auto kind = exchange.kind;
    traffic_.exchanges.close(exchange);
    traffic_.count(status);
    if (status >= 300) {
        if (status == 481) deactivate(number);
        return abandon(number);
    }
    traffic_.learn(response, 'w', number);
    accept(number, kind, response);
}

void Watchers::accept(std::uint32_t number, Exchange::Kind kind, std::string_view response) {
    Watcher& watcher = watchers_[number];
    if (const auto head = read_head(response)) {
        watcher.remote_tag = head->to_tag;
        if (!head->contact.empty()) watcher.remote_target = head->contact;
    }
    if (kind == Exchange::Kind::subscribe && !watcher.is_active) {
        watcher.is_active = true;
        ++active_;
        fan_out_.add_watcher(presentity_of(number));
    }
    watcher.needs_answer = false;
    if (watcher.needs_notify) {
        promises_.push_back({number, watcher.intended, traffic_.now + traffic_.plan.timeout});
    }
    settle(number);
}

void Watchers::settle(std::uint32_t number) {
    const Watcher& watcher = watchers_[number];
    if (watcher.is_busy()) return;
    latencies_.add(traffic_.now - watcher.intended);
    --unfinished_;
}

void Watchers::abandon(std::uint32_t number) {
    Watcher& watcher = watchers_[number];
    if (!watcher.is_busy()) return;
    watcher.needs_answer = watcher.needs_notify = false;
    --unfinished_;
}

void Watchers::deactivate(std::uint32_t number) {
    Watcher& watcher = watchers_[number];
    if (!watcher.is_active) return;
    watcher.is_active = false;
    --active_;
    if (!watcher.is_leaving) ++ended_;
    fan_out_.remove_watcher(presentity_of(number), watcher.seen, traffic_.now);
}

void Watchers::on_timeout(Exchange& exchange) {
    const std::uint32_t number = exchange.subject;
    traffic_.exchanges.close(exchange);
    ++traffic_.counters.timeouts;
    abandon(number);
}

void Watchers::expire() {
    while (!promises_.empty() && promises_.front().until <= traffic_.now) {
        const Promise due = promises_.front();
        promises_.pop_front();
        const Watcher& watcher = watchers_[due.number];
        // A later request of the same watcher has a promise of its own.
        if (!watcher.needs_notify || watcher.intended != due.intended) continue;
        ++unnotified_;
        abandon(due.number);
    }
}

void Watchers::forget_requests() {
    for (Watcher& watcher : watchers_) watcher.needs_answer = watcher.needs_notify = false;
    promises_.clear();
    unfinished_ = 0;
}

std::uint32_t Watchers::behind() const noexcept {
    std::uint32_t count = 0;
    for (std::uint32_t number = 0; number < watchers_.size(); ++number) {
        const Watcher& watcher = watchers_[number];
        const auto acknowledged = fan_out_.acknowledged(presentity_of(number));
        if (watcher.is_active && watcher.seen < acknowledged) ++count;
    }
    return count;
}

}  // namespace herald::cli::bench
