// sip/responder.cpp: the way back of answers.
#include "sip/responder.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/text.h"
#include "sip/locate_plan.h"
#include "sip/parts.h"

namespace herald::sip {
namespace {

std::uint16_t sent_by_port(const Via& via, Protocol protocol) {
    return via.port != 0 ? via.port : default_port(protocol);
}

bool is_sips(std::string_view uri) {
    return base::istarts_with(uri, "sips:");
}

constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// The bytes of an answer stay below as many times those of its request.
constexpr std::size_t kMostGrowth = 3;

bool is_trusted(const Endpoint& source, const ResponderOptions& options) {
    return std::any_of(options.trusted_peers.begin(), options.trusted_peers.end(),
                       [&](const AddressRange& range) { return range.contains(source); });
}

bool may_send(const Endpoint& target, const Endpoint& source, const ResponderOptions& options) {
    static const TargetRules kUsual;
    return (options.targets ? *options.targets : kUsual).allow(target, source);
}

/// How an address that is reached by TLS is written for a peer: as that peer writes its own.
/// transport=tls is legacy, and only for who says so himself (RFC 3261 26.2.2, 5630 3.1.4).
enum class Dialect : std::uint8_t { plain, sips, transport_tls };
constexpr std::size_t kDialects = 3;

bool contains(std::string_view text, std::string_view lower_case) {
    const auto is_same = [](char a, char b) { return base::to_lower(a) == b; };
    return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), is_same) !=
           text.end();
}

Dialect dialect_of(std::string_view peer) {
    if (contains(peer, "sips:")) return Dialect::sips;
    return contains(peer, "transport=tls") ? Dialect::transport_tls : Dialect::plain;
}

/// What the transport parameter says; RFC 7118 5.2.2 has one name for both WebSockets.
std::string_view transport_parameter(Protocol protocol, Dialect dialect) {
    if (protocol == Protocol::udp) return {};
    if (protocol == Protocol::wss) return "ws";
    const bool is_silent = protocol == Protocol::tls && dialect != Dialect::transport_tls;
    return is_silent ? std::string_view() : uri_name(protocol);
}

std::string contact_of(const ListenerAddress& ours, Dialect dialect) {
    std::string contact(dialect == Dialect::sips ? "<sips:herald@" : "<sip:herald@");
    contact.append(ours.host).append(":");
    base::append_number(contact, ours.port);
    const std::string_view transport = transport_parameter(ours.protocol, dialect);
    if (!transport.empty()) contact.append(";transport=").append(transport);
    return contact += ";gr>";
}

/// Takes the last line off; false where there is none.
bool drop_last_line(std::string& headers) {
    if (headers.empty()) return false;
    const std::size_t end =
        headers.size() < 2 ? std::string::npos : headers.rfind("\r\n", headers.size() - 3);
    headers.erase(end == std::string::npos ? 0 : end + 2);
    return true;
}

}  // namespace

Scheme contact_scheme(const Message& request) {
    if (is_sips(request.request_uri())) return Scheme::sips;
    const auto first = [&](Header header) {
        auto rest = request.header(header).value_or("");
        const auto value = next_list_value(rest);
        NameAddress address;
        const bool is_readable = value && read_name_address(*value, address) == nullptr;
        return is_readable ? address.uri : std::string_view();
    };
    const auto route = first(Header::record_route);
    return is_sips(route.empty() ? first(Header::contact) : route) ? Scheme::sips : Scheme::sip;
}

Endpoint response_target(const Via& via, const Endpoint& source, const ResponderOptions& options) {
    if (!via.maddr.empty() && is_trusted(source, options)) {
        const auto target = Endpoint::from(via.maddr, sent_by_port(via, Protocol::udp));
        if (target && may_send(*target, source, options)) return *target;
    }
    Endpoint target = source;
    if (!via.has_rport && !options.force_rport) target.set_port(sent_by_port(via, Protocol::udp));
    return target;
}

Responder::Responder(Transport& transport, RequestHasher& hasher, base::Metrics& metrics,
                     ResponderOptions options)
    : transport_(transport),
      hasher_(hasher),
      options_(std::move(options)),
      shortened_(
          metrics.counter("herald_sip_responses_shortened_total",
                          "Answers by UDP that lost headers, being long for their request")) {
    if (options_.overload_clock != nullptr) meter_.emplace(*options_.overload_clock);
    for (std::size_t i = 1; i < sent_.size(); ++i) {
        sent_[i] = &metrics.counter("herald_sip_responses_sent_total",
                                    "Answers sent, repetitions included",
                                    {{"class", std::to_string(i) + "xx"}});
    }
}

std::size_t Responder::send(const Message& request, const Flow& flow, const Answer& answer) {
    assert(answer.status >= 100 && answer.status < 700);
    write(request, flow, answer);
    sent_[static_cast<std::size_t>(answer.status / 100)]->add();
    if (is_reliable(flow.protocol)) {
        send_on_stream(request, flow);
        return out_.size();
    }
    const bool is_refusal = answer.status >= 300 || request.method() == Method::options;
    if (is_refusal) shorten(request, flow, answer);
    transport_.send(way_back(request, flow), out_);
    return out_.size();
}

Flow Responder::way_back(const Message& request, const Flow& flow) const {
    Flow back = flow;
    if (!is_reliable(flow.protocol))
        back.peer = response_target(request.via(), flow.peer, options_);
    return back;
}

void Responder::write(const Message& request, const Flow& flow, const Answer& answer) {
    const bool needs_tag = request.to_tag().empty() && answer.to_tag.empty() &&
                           answer.status != 100 && !answer.is_tagless;
    // A trusted peer may end TLS in front of us.
    const bool is_safe = is_secure(flow.protocol) || is_trusted(flow.peer, options_);
    const auto scheme = answer.with_contact && is_safe ? contact_scheme(request) : Scheme::sip;
    const auto peer = request.header(Header::contact).value_or(std::string_view());
    out_.clear();
    append_response(out_, request, flow.peer, answer,
                    answer.with_contact ? contact(flow, scheme, peer) : std::string_view(),
                    needs_tag ? hasher_.derived_tag(request) : std::string());
    report_load(request);
    std::string own;
    append_own_lines(own, answer);
    if (own.empty()) return;
    const std::size_t head_end = out_.size() - answer.body.size() - kHeadEnd.size();
    assert(out_.compare(head_end, kHeadEnd.size(), kHeadEnd) == 0);
    out_.insert(head_end, own);
}

/// To the hop before us, where it asks: its Via is the topmost.
void Responder::report_load(const Message& request) {
    if (!meter_ || !asks_for_report(request.via().text)) return;
    constexpr std::string_view kVia = "\r\nVia: ";
    const std::size_t begin = out_.find(kVia) + kVia.size();
    std::string_view line = std::string_view(out_).substr(begin);
    line = line.substr(0, line.find("\r\n"));
    const auto top = next_list_value(line);
    if (!top) return;
    const auto at = static_cast<std::size_t>(top->data() - out_.data());
    out_.replace(at, top->size(), with_report(*top, meter_->report(transport_.load())));
}

/// Each begins with the line end of the one before.
void Responder::append_own_lines(std::string& headers, const Answer& answer) const {
    // RFC 6665 8.2.2.
    const bool has_events = answer.with_record_route && !options_.allow_events.empty();
    if (has_events) headers.append("\r\nAllow-Events: ").append(options_.allow_events);
    if (!options_.server.empty()) headers.append("\r\nServer: ").append(options_.server);
}

void Responder::shorten(const Message& request, const Flow& flow, const Answer& answer) {
    const std::size_t most = kMostGrowth * request.bytes().size();
    if (out_.size() < most) return;
    shortened_.add();
    Answer brief = answer;
    brief.body.clear();
    brief.content_type.clear();
    do {
        write(request, flow, brief);
    } while (out_.size() >= most && drop_last_line(brief.headers));
}

void Responder::send_on_stream(const Message& request, const Flow& flow) {
    if (transport_.is_open(flow)) {
        transport_.send(flow, out_);
        return;
    }
    Endpoint peer = flow.peer;
    peer.set_port(sent_by_port(request.via(), flow.protocol));
    if (!may_send(peer, flow.peer, options_)) return;
    const auto again = transport_.open(flow.protocol, peer, request.via().host);
    if (again) transport_.send(*again, out_);
}

std::string_view Responder::contact(const Flow& flow, Scheme scheme, std::string_view peer) {
    const Dialect dialect = scheme == Scheme::sips     ? Dialect::sips
                            : is_secure(flow.protocol) ? dialect_of(peer)
                                                       : Dialect::plain;
    const std::size_t index = flow.listener * kDialects + static_cast<std::size_t>(dialect);
    if (index >= contacts_.size()) contacts_.resize(index + 1);
    std::string& contact = contacts_[index];
    if (contact.empty()) contact = contact_of(transport_.listener(flow), dialect);
    return contact;
}

}  // namespace herald::sip
