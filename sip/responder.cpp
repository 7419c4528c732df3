// sip/responder.cpp: the way back of answers.
#include "sip/responder.h"

#include <cassert>
#include <utility>

#include "base/text.h"
#include "sip/locate_plan.h"

namespace herald::sip {
namespace {

std::uint16_t sent_by_port(const Via& via, Protocol protocol) {
    return via.port != 0 ? via.port : default_port(protocol);
}

bool is_multicast(const Endpoint& endpoint) {
    sockaddr_storage address{};
    endpoint.to_sockaddr(address);
    if (endpoint.is_ipv6()) {
        return IN6_IS_ADDR_MULTICAST(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
    }
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return IN_MULTICAST(ntohl(in.sin_addr.s_addr)) || in.sin_addr.s_addr == INADDR_BROADCAST;
}

/// A stranger must not make us send to our own machine, to a group or to everybody.
bool may_be_named_by(const Endpoint& target, const Endpoint& source) {
    if (target.is_any() || is_multicast(target)) return false;
    return !target.is_loopback() || source.is_loopback();
}

}  // namespace

Endpoint response_target(const Via& via, const Endpoint& source, bool force_rport) {
    if (!via.maddr.empty()) {
        const auto target = Endpoint::from(via.maddr, sent_by_port(via, Protocol::udp));
        if (target && may_be_named_by(*target, source)) return *target;
    }
    Endpoint target = source;
    if (!via.has_rport && !force_rport) target.set_port(sent_by_port(via, Protocol::udp));
    return target;
}

Responder::Responder(Transport& transport, RequestHasher& hasher, base::Metrics& metrics,
                     ResponderOptions options)
    : transport_(transport), hasher_(hasher), options_(std::move(options)) {
    for (std::size_t i = 1; i < sent_.size(); ++i) {
        sent_[i] =
            &metrics.counter("sip_responses_sent_total", "Answers sent, repetitions included",
                             {{"class", std::to_string(i) + "xx"}});
    }
}

void Responder::send(const Message& request, const Flow& flow, const Answer& answer) {
    assert(answer.status >= 100 && answer.status < 700);
    write(request, flow, answer);
    sent_[static_cast<std::size_t>(answer.status / 100)]->add();
    if (is_reliable(flow.protocol)) return send_on_stream(request, flow);
    Flow back = flow;
    back.peer = response_target(request.via(), flow.peer, options_.force_rport);
    transport_.send(back, out_);
}

void Responder::write(const Message& request, const Flow& flow, const Answer& answer) {
    const bool needs_tag =
        request.to_tag().empty() && answer.to_tag.empty() && answer.status != 100;
    out_.clear();
    append_response(out_, request, flow.peer, answer,
                    answer.with_contact ? contact(flow) : std::string_view(),
                    needs_tag ? hasher_.derived_tag(request) : std::string());
    if (options_.server.empty()) return;
    const std::size_t head_end = out_.find("\r\n\r\n");
    assert(head_end != std::string::npos);
    out_.insert(head_end, "\r\nServer: " + options_.server);
}

void Responder::send_on_stream(const Message& request, const Flow& flow) {
    if (transport_.is_open(flow)) {
        transport_.send(flow, out_);
        return;
    }
    Endpoint peer = flow.peer;
    peer.set_port(sent_by_port(request.via(), flow.protocol));
    const auto again = transport_.open(flow.protocol, peer);
    if (again) transport_.send(*again, out_);
}

std::string_view Responder::contact(const Flow& flow) {
    const std::size_t listener = flow.listener;
    if (listener >= contacts_.size()) contacts_.resize(listener + 1);
    std::string& contact = contacts_[listener];
    if (contact.empty()) {
        const ListenerAddress& ours = transport_.listener(flow);
        contact.append("<sip:herald@").append(ours.host).append(":");
        base::append_number(contact, ours.port);
        if (ours.protocol != Protocol::udp) {
            contact.append(";transport=").append(uri_name(ours.protocol));
        }
        contact += ";gr>";
    }
    return contact;
}

}  // namespace herald::sip
