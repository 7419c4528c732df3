// cli/bench/bench_traffic.cpp: what watchers and publishers of the load generator share.
#include "cli/bench/bench_traffic.h"

#include <algorithm>
#include <numeric>

#include "base/id.h"
#include "base/text.h"

namespace herald::cli::bench {

std::uint64_t Counters::refused() const noexcept {
    return std::accumulate(refusals.begin(), refusals.end(), std::uint64_t{0});
}

Counters Counters::since(const Counters& before) const noexcept {
    Counters difference = *this;
    difference.requests -= before.requests;
    difference.accepted -= before.accepted;
    difference.challenges -= before.challenges;
    difference.repetitions -= before.repetitions;
    difference.timeouts -= before.timeouts;
    difference.notifies -= before.notifies;
    difference.repeated_notifies -= before.repeated_notifies;
    difference.strays -= before.strays;
    difference.unreadable -= before.unreadable;
    for (std::size_t i = 0; i < kStatuses; ++i) difference.refusals[i] -= before.refusals[i];
    return difference;
}

Traffic::Traffic(const Plan& plan_, Ports& ports_)
    : plan(plan_),
      ports(ports_),
      exchanges({.timeout = plan_.timeout, .retransmits = plan_.retransmits}),
      run(base::random_token(5)) {
    if (!plan.password.empty()) clients_.resize(plan.watchers() + plan.presentities);
}

std::string Traffic::aor(char kind, std::uint32_t number) const {
    return "sip:" + user_of(kind, number) + '@' + plan.domain;
}

std::string Traffic::user_of(char kind, std::uint32_t number) const {
    const bool is_device = kind == 'w' && plan.are_watchers_owners();
    std::string user = plan.prefix + (is_device ? 'p' : kind);
    base::append_number(user, is_device ? number / plan.fan_out : number);
    return user;
}

std::string Traffic::contact(std::string_view user, std::uint32_t port) const {
    std::string uri = "sip:";
    uri.append(user).append("@").append(ports.name(port));
    const auto protocol = plan.way.protocol;
    const auto transport = protocol == sip::Protocol::wss ? sip::Protocol::ws : protocol;
    if (protocol != sip::Protocol::udp) uri.append(";transport=").append(sip::uri_name(transport));
    return uri;
}

std::string Traffic::tag(char kind, std::uint32_t number) const {
    std::string text(1, kind);
    base::append_number(text, number);
    text += '.';
    return text += run;
}

std::optional<std::uint32_t> Traffic::number_of(char kind, std::string_view tag) const noexcept {
    if (tag.empty() || tag[0] != kind) return std::nullopt;
    const base::Split parts = base::split_once(tag.substr(1), '.');
    if (parts.after != run) return std::nullopt;
    return base::to_u32_clamped(parts.before);
}

void Traffic::send(Exchange& exchange, RequestParts parts, char kind, std::uint32_t number) {
    if (!plan.password.empty()) {
        if (!credentials_) {
            credentials_ =
                client_of(kind, number).next(parts.method, parts.request_uri, parts.body);
        }
        if (credentials_) parts.authorization = *credentials_;
    }
    parts.transport = sip::via_name(plan.way.protocol);
    parts.via = exchanges.via(exchange, ports.name(exchange.port));
    write_request(exchange.bytes, parts);
    credentials_.reset();
    exchanges.start(exchange, now);
    ports.send(exchange.port, exchange.bytes);
}

Exchange* Traffic::take_challenge(Exchange& exchange, std::string_view response,
                                  const RequestParts& parts, char kind, std::uint32_t number) {
    if (plan.password.empty() || exchange.is_authenticated) return nullptr;
    std::string copy(response);
    const auto parsed = sip::parse(copy, sip::Framing::datagram);
    if (parsed.error != sip::ParseOutcome::Error::none) return nullptr;
    credentials_ =
        client_of(kind, number).answer(parsed.message, parts.method, parts.request_uri, parts.body);
    if (!credentials_) return nullptr;
    ++counters.challenges;
    const auto intended = exchange.intended;
    const auto sequence = exchange.sequence;
    exchanges.close(exchange);
    Exchange& again = exchanges.open(exchange.kind, exchange.subject, exchange.port);
    again.intended = intended;
    again.sequence = sequence;
    again.is_authenticated = true;
    return &again;
}

void Traffic::learn(std::string_view response, char kind, std::uint32_t number) {
    if (plan.password.empty()) return;
    std::string copy(response);
    const auto parsed = sip::parse(copy, sip::Framing::datagram);
    if (parsed.error == sip::ParseOutcome::Error::none)
        client_of(kind, number).learn(parsed.message);
}

void Traffic::repeat(const Exchange& exchange) {
    ++counters.repetitions;
    ports.send(exchange.port, exchange.bytes);
}

void Traffic::count(int status) noexcept {
    if (status >= 200 && status < 300) {
        ++counters.accepted;
    } else if (status >= 300 && static_cast<std::size_t>(status) < Counters::kStatuses) {
        ++counters.refusals[static_cast<std::size_t>(status)];
    }
}

sip::DigestClient& Traffic::client_of(char kind, std::uint32_t number) {
    auto& client = clients_[kind == 'w' ? number : plan.watchers() + number];
    if (!client) {
        client = std::make_unique<sip::DigestClient>(
            plan.user.empty() ? user_of(kind, number) : plan.user, plan.password);
    }
    return *client;
}

}  // namespace herald::cli::bench
