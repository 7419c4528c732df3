// cli/bench/bench_publisher.cpp: those of the load generator who change state (RFC 3903 4, RFC
// 3261 10.2).
#include "cli/bench/bench_publisher.h"

namespace herald::cli::bench {

namespace {

std::string_view content_type_of(Event event) {
    if (event == Event::message_summary) return "application/simple-message-summary";
    return event == Event::dialog ? "application/dialog-info+xml" : "application/pidf+xml";
}

}  // namespace

Publishers::Publishers(Traffic& traffic, FanOut& fan_out, std::uint64_t first_sequence)
    : traffic_(traffic),
      fan_out_(fan_out),
      publishers_(traffic.plan.presentities),
      sequence_(first_sequence),
      registrar_("sip:" + traffic.plan.domain) {
    for (std::uint32_t i = 0; i < publishers_.size(); ++i) free(i);
}

bool Publishers::start(base::Instant intended) {
    if (queue_.empty() || traffic_.exchanges.is_full()) return false;
    const std::uint32_t presentity = queue_.front();
    queue_.pop_front();
    Publisher& publisher = publishers_[presentity];
    publisher.is_queued = false;
    publisher.is_waiting = true;
    const auto port = is_registering() ? presentity % traffic_.plan.ports
                                       : traffic_.plan.ports + presentity % kPublisherPorts;
    Exchange& exchange = traffic_.exchanges.open(Exchange::Kind::publish, presentity, port);
    exchange.intended = intended;
    exchange.sequence = ++sequence_;
    ++traffic_.counters.requests;
    fan_out_.sent(presentity, exchange.sequence, intended, traffic_.now);
    send(exchange);
    return true;
}

RequestParts Publishers::parts_of(const Exchange& exchange) {
    if (is_registering()) return registration(exchange);
    const Publisher& publisher = publishers_[exchange.subject];
    aor_ = traffic_.aor('p', exchange.subject);
    tag_ = traffic_.tag('p', exchange.subject);
    write_body(exchange);
    return {.method = "PUBLISH",
            .request_uri = aor_,
            .via = {},
            .from = aor_,
            .from_tag = tag_,
            .to = aor_,
            .to_tag = {},
            .call_id = tag_,
            .cseq = publisher.cseq,
            .contact_name = {},
            .contact = {},
            .event = name_of(traffic_.plan.event),
            .entity_tag = publisher.entity_tag,
            .authorization = {},
            .expires = traffic_.plan.expires,
            .body = body_,
            .content_type = content_type_of(traffic_.plan.event)};
}

/// A mailbox turns from waiting to not waiting and back: what a server has to tell at once (RFC
/// 3842 3.12), however often it may tell the rest.
void Publishers::write_body(const Exchange& exchange) {
    if (traffic_.plan.event == Event::message_summary) {
        const bool was_waiting = publishers_[exchange.subject].is_waiting_mail;
        return write_summary(body_, traffic_.plan.domain, exchange.sequence, !was_waiting);
    }
    if (traffic_.plan.event == Event::dialog)
        return write_call(body_, aor_, publishers_[exchange.subject].cseq, exchange.sequence);
    write_document(body_, aor_, exchange.sequence, traffic_.plan.body_size);
}

/// One contact, refreshed. Its display name is what watchers see change.
RequestParts Publishers::registration(const Exchange& exchange) {
    aor_ = traffic_.aor('p', exchange.subject);
    tag_ = traffic_.tag('p', exchange.subject);
    contact_ = traffic_.contact(tag_, exchange.port);
    name_ = traffic_.plan.are_changes_numbered() ? marked(exchange.sequence) : std::string();
    return {.method = "REGISTER",
            .request_uri = registrar_,
            .via = {},
            .from = aor_,
            .from_tag = tag_,
            .to = aor_,
            .to_tag = {},
            .call_id = tag_,
            .cseq = publishers_[exchange.subject].cseq,
            .contact_name = name_,
            .contact = contact_,
            .event = {},
            .entity_tag = {},
            .authorization = {},
            .expires = traffic_.plan.expires,
            .body = {}};
}

void Publishers::send(Exchange& exchange) {
    ++publishers_[exchange.subject].cseq;
    traffic_.send(exchange, parts_of(exchange), 'p', exchange.subject);
}

void Publishers::on_response(Exchange& exchange, int status, std::string_view response) {
    const std::uint32_t presentity = exchange.subject;
    if (is_challenge(status)) {
        Exchange* again =
            traffic_.take_challenge(exchange, response, parts_of(exchange), 'p', presentity);
        if (again) return send(*again);
    }
    const auto sequence = exchange.sequence;
    const auto intended = exchange.intended;
    traffic_.exchanges.close(exchange);
    traffic_.count(status);
    Publisher& publisher = publishers_[presentity];
    publisher.is_waiting = false;
    if (status < 300) {
        latencies_.add(traffic_.now - intended);
        traffic_.learn(response, 'p', presentity);
        const auto head = read_head(response);
        publisher.entity_tag = head ? head->entity_tag : std::string_view();
        publisher.is_waiting_mail = !publisher.is_waiting_mail;
        fan_out_.accepted(presentity, sequence, traffic_.now);
    } else {
        // The publication is gone, or another than we think: begin a new one.
        if (status == 412) publisher.entity_tag.clear();
        fan_out_.dropped(presentity, sequence);
    }
    free(presentity);
}

void Publishers::on_timeout(Exchange& exchange) {
    const std::uint32_t presentity = exchange.subject;
    const auto sequence = exchange.sequence;
    traffic_.exchanges.close(exchange);
    ++traffic_.counters.timeouts;
    publishers_[presentity].is_waiting = false;
    fan_out_.dropped(presentity, sequence);
    free(presentity);
}

void Publishers::free(std::uint32_t presentity) {
    Publisher& publisher = publishers_[presentity];
    if (publisher.is_queued || publisher.is_waiting) return;
    const bool is_open_loop = traffic_.plan.rate > 0;
    if (is_open_loop ? !fan_out_.has_room(presentity) : fan_out_.is_pending(presentity)) return;
    publisher.is_queued = true;
    queue_.push_back(presentity);
}

void Publishers::recycle() {
    for (const std::uint32_t presentity : fan_out_.finished()) free(presentity);
    fan_out_.finished().clear();
}

void Publishers::forget_requests() {
    fan_out_.clear();
    for (std::uint32_t i = 0; i < publishers_.size(); ++i) {
        publishers_[i].is_waiting = false;
        free(i);
    }
}

}  // namespace herald::cli::bench
