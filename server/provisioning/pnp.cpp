// server/provisioning/pnp.cpp: answers phones that ask the group 224.0.1.75 where their
// configuration is.
#include "server/provisioning/pnp.h"

#include <algorithm>
#include <utility>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "packages/ua_profile.h"
#include "sip/answer.h"
#include "sip/dialog_request.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostFlights = 4096;
/// Copies of a request come within this time (RFC 3261 17.1.2.2).
constexpr auto kCopies = std::chrono::seconds(32);
/// Of one machine: it asks when it starts.
constexpr base::RateLimit::Rate kOfOne{1, 4};
/// What is larger is no phone's.
constexpr std::size_t kLargest = 4096;
constexpr std::size_t kMostEcho = 3;
/// Start line, Via and the fields of a NOTIFY, beside what is echoed.
constexpr std::size_t kRoomForNotifyHead = 512;
constexpr std::array<const char*, kPnpOutcomes> kOutcomes{
    "answered",  "told",    "not told",   "copy",      "elsewhere", "not for us",
    "malformed", "unknown", "no profile", "too short", "limited",   "unreachable"};

packages::DeviceFacts facts_of(const PnpRequest& request, const sip::Endpoint& source) {
    packages::DeviceFacts facts;
    facts.mac = request.mac;
    facts.vendor = request.vendor;
    facts.model = request.model;
    facts.version = request.version;
    facts.user_agent = request.user_agent;
    facts.address = source.host();
    facts.transport = "udp";
    return facts;
}

std::string address_of_mac(std::string_view mac) {
    return address_of_device(mac);
}

}  // namespace

Pnp::Pnp(Context& context, KnownDevices& known) : context_(context), known_(known) {
    for (std::size_t i = 0; i < kPnpOutcomes; ++i) {
        outcomes_[i] =
            &context.metrics.counter("herald_provisioning_pnp_total",
                                     "Phones' requests to the PnP group, by what became of them",
                                     {{"outcome", kOutcomes[i]}});
    }
}

void Pnp::listen(sip::Socket socket) {
    listener_ = std::make_unique<sip::GroupListener>(
        context_.loop, std::move(socket),
        [this](std::span<char> bytes, const sip::Endpoint& source, unsigned interface) {
            if (sip::is_on_link(source, interface)) return on_datagram(bytes, source, interface);
            count(PnpOutcome::elsewhere);
        });
}

void Pnp::count(PnpOutcome outcome) {
    outcomes_[static_cast<std::size_t>(outcome)]->add();
}

void Pnp::on_datagram(std::span<char> bytes, const sip::Endpoint& source, unsigned /*interface*/) {
    const auto now = context_.loop.now();
    if (bytes.size() > kLargest) return count(PnpOutcome::malformed);
    const base::RateLimit::Rate all{context_.config.pnp_rate, context_.config.pnp_rate};
    if (rate_.take(source.host(), kOfOne, now) != 0 || rate_.take("all of them", all, now) != 0)
        return count(PnpOutcome::limited);
    const auto parsed = sip::parse(bytes, sip::Framing::datagram);
    if (parsed.error != sip::ParseOutcome::Error::none) return count(PnpOutcome::malformed);
    auto request = read_pnp_request(parsed.message);
    if (!request)
        return count(request.fault().kind == FaultKind::not_found ? PnpOutcome::not_for_us
                                                                  : PnpOutcome::malformed);
    Asked asked{std::make_shared<const sip::OwnedMessage>(parsed.message), *std::move(request),
                source};
    const auto owner = address_of_mac(asked.request.mac);
    context_.peers.post<Pnp>(owner,
                             [asked = std::move(asked)](Pnp& pnp) mutable { pnp.answer(asked); });
}

/// Known by what it did before, by its maker, or because the operator wants nobody refused.
bool Pnp::is_welcome(const PnpRequest& request) const {
    const auto& ouis = context_.config.pnp_ouis;
    return context_.config.pnp_any || known_.find(request.mac) != nullptr ||
           std::any_of(ouis.begin(), ouis.end(),
                       [&](const std::string& oui) { return request.mac.starts_with(oui); });
}

/// Who asks here proved nothing: where a profile that is not public fits better, the URL that asks
/// for a password is told, if there is one.
Pnp::Offer Pnp::offer_for(const Asked& asked) const {
    auto plain = pnp_url(context_.config.pnp_url, asked.request);
    const auto& installed = context_.resources.installed(packages::ua_profile());
    const auto* shelf = dynamic_cast<const packages::ProfileShelf*>(installed.common.get());
    if (!shelf) return {plain, plain};
    const auto& profiles = *shelf->profiles;
    constexpr auto kType = packages::ProfileType::device;
    auto facts = facts_of(asked.request, asked.source);
    if (!context_.config.domains.empty()) facts.domain = context_.config.domains.front();
    const auto profile = profiles.choose(kType, facts, true);
    const bool has_url = profile && (profile->is_pointer() || !shelf->url.empty());
    const bool is_best = profile == profiles.choose(kType, facts);
    if (!has_url || (!is_best && !plain.empty())) return {plain, plain};
    const auto url = profile->is_pointer()
                         ? profile->management_url
                         : url_of(*shelf, *profile, profile->body, facts, context_.wall());
    return {url, profiles.label_of(*profile)};
}

void Pnp::answer(const Asked& asked) {
    if (!is_welcome(asked.request)) return count(PnpOutcome::unknown);
    auto offer = offer_for(asked);
    if (offer.url.empty()) return count(PnpOutcome::no_profile);
    const auto now = context_.loop.now();
    std::erase_if(recent_, [now](const auto& each) { return each.second <= now; });
    if (flights_.size() >= kMostFlights || recent_.size() >= kMostFlights)
        return count(PnpOutcome::limited);
    const auto call =
        base::keyed_hash(context_.home.bucket_key,
                         asked.source.host() + " " + std::string((*asked.message)->call_id()));
    if (!recent_.emplace(call, now + kCopies).second) return count(PnpOutcome::copy);
    tell(asked, std::move(offer));
}

std::string Pnp::acceptance_of(const Asked& asked, const sip::Flow& flow,
                               const std::string& tag) const {
    sip::Answer answer;
    answer.expires = 0;
    answer.to_tag = tag;
    answer.with_contact = true;
    std::string out;
    sip::append_response(out, **asked.message, asked.source, answer, context_.stack.contact(flow),
                         tag);
    return out;
}

void Pnp::tell(const Asked& asked, Offer offer) {
    auto& transport = context_.stack.transport();
    const auto back = transport.open(sip::Protocol::udp, asked.source);
    const auto flow =
        transport.open(sip::Protocol::udp, pnp_target(asked.request.contact, asked.source));
    if (!back || !flow) return count(PnpOutcome::unreachable);
    Flight flight{asked, base::random_token(10), std::move(offer), *flow, {}, Credit(0)};
    const auto accepted = acceptance_of(asked, *back, flight.tag);
    const auto& message = **asked.message;
    const auto notify = kRoomForNotifyHead + message.from().size() + message.to().size() +
                        message.call_id().size() + 2 * asked.request.contact.size() +
                        asked.request.event.size() + flight.offer.url.size();
    const auto most = kMostEcho * message.bytes().size() - 1;
    if (accepted.size() + notify > most) return count(PnpOutcome::too_short);
    flight.credit = Credit(most - accepted.size());
    transport.send(*back, accepted);
    const auto id = next_flight_++;
    auto& under_way = flights_.emplace(id, std::move(flight)).first->second;
    under_way.transaction = context_.stack.start(*flow, *this, id);
    if (under_way.transaction) return count(PnpOutcome::answered);
    flights_.erase(id);
    count(PnpOutcome::limited);
}

void Pnp::write_request(std::uint64_t user, std::string_view via, std::string& out) {
    const auto found = flights_.find(user);
    if (found == flights_.end()) return;
    auto& flight = found->second;
    const auto& message = **flight.asked.message;
    const auto before = out.size();
    sip::append_head(out,
                     {.method = sip::Method::notify,
                      .remote_target = flight.asked.request.contact,
                      .from = message.to(),
                      .from_tag = flight.tag,
                      .to = message.from(),
                      .call_id = message.call_id(),
                      .cseq = 1},
                     via);
    out += "Contact: " + std::string(context_.stack.contact(flight.flow)) + "\r\n";
    out += "Event: " + flight.asked.request.event + "\r\n";
    out += "Subscription-State: terminated;reason=timeout\r\n";
    out += "Content-Type: " + std::string(kPnpType) + "\r\nContent-Length: ";
    base::append_number(out, flight.offer.url.size());
    out += "\r\n\r\n" + flight.offer.url;
    // Copies are what is left for.
    if (!flight.credit.spend(flight.flow, out.size() - before)) out.resize(before);
}

void Pnp::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto ended = flights_.extract(user);
    if (ended.empty()) return;
    const auto& request = ended.mapped().asked.request;
    const bool is_taken = outcome.status >= 200 && outcome.status < 300;
    count(is_taken ? PnpOutcome::told : PnpOutcome::not_told);
    if (is_taken) known_.note_offer(request.mac, ended.mapped().offer.what);
    base::log_info("pnp.answered", {{"mac", request.mac},
                                    {"vendor", request.vendor},
                                    {"model", request.model},
                                    {"source", ended.mapped().asked.source.to_string()},
                                    {"status", outcome.status}});
}

void Pnp::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(
        flights_,
        [&](const auto& entry) {
            return context_.cell_of(address_of_mac(entry.second.asked.request.mac)) == cell;
        },
        [&](const auto& entry) { context_.stack.forget(entry.second.transaction); });
    // Of whom they are is not kept; a copy may be answered once more.
    forgetting.erase(recent_, [](const auto&) { return true; });
}

}  // namespace herald::server
