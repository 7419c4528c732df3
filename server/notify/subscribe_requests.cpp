// server/notify/subscribe_requests.cpp: what happens to a SUBSCRIBE outside a dialog: gather,
// decide, commit, apply (RFC 6665 4.2.1).
#include "server/notify/subscribe_requests.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"
#include "server/address/instance.h"
#include "server/core/answers.h"
#include "server/core/judge.h"
#include "server/notify/subscribe_answers.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// A From or To value without its tag: what the other direction's To or From begins with.
std::string without_tag(std::string_view value) {
    const auto address = sip::parse_name_address(value);
    if (!address || !address->parameter("tag")) return std::string(value);
    std::string kept(value.substr(0, value.size() - address->parameters.size()));
    while (!kept.empty() && (kept.back() == ';' || kept.back() == ' ')) kept.pop_back();
    auto rest = address->parameters;
    while (const auto parameter = sip::next_parameter(rest)) {
        if (base::iequals(parameter->name, "tag")) continue;
        kept += ';';
        kept += parameter->name;
        if (parameter->has_value) (kept += '=') += parameter->value;
    }
    return kept;
}

/// The Event of our NOTIFYs: the whole value as asked, with its id (RFC 6665 4.2.2) and every other
/// parameter, as devices compare the text.
std::string_view echoed_event(const sip::Message& request) {
    return request.header(sip::Header::event).value_or("");
}

std::string joined_routes(const sip::Message& request) {
    std::string routes;
    for (const auto route : request.list(sip::Header::record_route)) {
        if (!routes.empty()) routes += ", ";
        // Without a display name: a route begins with its URI.
        const auto address = sip::parse_name_address(route);
        if (!address) {
            routes += route;
            continue;
        }
        ((routes += '<') += address->uri) += '>';
        if (!address->parameters.empty()) (routes += ';') += address->parameters;
    }
    return routes;
}

/// The URI as asked, without parameters and headers, in its canonical spelling: many ways to write
/// one name are one view.
std::string entity_of(const sip::Uri& uri) {
    std::string canonical = sip::canonical_aor(uri);
    const auto scheme = base::lower(uri.scheme_text);
    return canonical.replace(0, canonical.find(':'), scheme);
}

ExpiryRules expiry_rules(const Config& config, const packages::Profile& profile) {
    ExpiryRules rules;
    rules.maximum =
        config.subscribe_max_expires ? config.subscribe_max_expires : profile.max_expires;
    rules.minimum = std::min(config.subscribe_min_expires, rules.maximum);
    rules.standard = std::min(profile.default_expires, rules.maximum);
    rules.is_clamping = config.subscribe_clamp;
    return rules;
}

base::Counter& counter(base::Metrics& metrics, const char* what) {
    return metrics.counter("herald_subscribe_total",
                           "SUBSCRIBE requests that changed something, by what they did",
                           {{"did", what}});
}

}  // namespace

SubscribeRequests::SubscribeRequests(Context& context, NotifySender& sender,
                                     LiveSubscriptions& live)
    : context_(context),
      sender_(sender),
      live_(live),
      accepted_(counter(context.metrics, "created")),
      refreshed_(counter(context.metrics, "refreshed")),
      fetched_(counter(context.metrics, "fetched")),
      replaced_(counter(context.metrics, "replaced")) {}

void SubscribeRequests::on_subscribe(const Request& request) {
    Incoming incoming{request.id, request.flow, request.package, {}, request.dialog};
    // Refused before anything is kept of it.
    if (request.message.bytes().size() - request.message.body().size() > kMostText)
        return refuse(incoming, answer(400, "Headers too long"));
    if (request.message.to_tag().empty()) return on_initial(std::move(incoming), request);
    on_in_dialog(std::move(incoming), request);
}

void SubscribeRequests::refuse(const Incoming& incoming, const sip::Answer& answer) {
    context_.stack.answer(incoming.transaction, answer);
}

/// Overload: the cheapest answer, and nothing is remembered of it.
void SubscribeRequests::turn_away(const Incoming& incoming) {
    context_.stack.answer_and_forget(incoming.transaction, unavailable("Busy"));
}

/// "Not applied" may be said; what may have been applied is never answered (docs/architecture.md:
/// What a 200 means).
void SubscribeRequests::refuse_uncommitted(const Incoming& incoming, store::Outcome outcome) {
    if (outcome == store::Outcome::unknown) return context_.stack.abandon(incoming.transaction);
    refuse(incoming, unavailable("The store is not available"));
}

bool SubscribeRequests::authenticate(Incoming& incoming, const sip::Message& request) {
    auto result = context_.authenticator.authenticate(request, incoming.flow);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (refusal->is_challenge) {
            context_.stack.answer_and_forget(incoming.transaction, refusal->answer);
        } else {
            refuse(incoming, refusal->answer);
        }
        return false;
    }
    incoming.who = std::get<Identity>(std::move(result));
    return true;
}

bool SubscribeRequests::is_over_limit(const Incoming& incoming) const {
    const auto& config = context_.config;
    if (context_.subscriptions.watcher_load(incoming.who.aor) >= config.subscribe_per_watcher)
        return true;
    if (context_.subscriptions.source_load(incoming.flow.peer) >= config.subscribe_per_source &&
        !context_.authenticator.is_trusted(incoming.flow.peer))
        return true;
    const auto slot = context_.resources.find(*incoming.package, incoming.aor);
    if (slot == Resource::kNone) return false;
    return context_.resources[slot].watchers.size() >= config.subscribe_per_resource ||
           context_.subscriptions.pair_load(incoming.who.aor, slot) >=
               config.subscribe_per_watcher_resource;
}

SubscribeRequests::Id SubscribeRequests::find_twin(const Incoming& incoming,
                                                   const sip::Message& request,
                                                   const sip::NameAddress& contact) const {
    if (!context_.config.subscribe_replace_same_device) return {};
    const auto slot = context_.resources.find(*incoming.package, incoming.aor);
    if (slot == Resource::kNone) return {};
    const auto instance = base::lower(instance_of(contact));
    return context_.subscriptions.by_device({slot, event_id_of(echoed_event(request)),
                                             incoming.who.aor, instance, contact.uri,
                                             incoming.entity});
}

SubscribeFacts SubscribeRequests::gather(const Incoming& incoming, const sip::Message& request,
                                         std::string_view aor, const Subscription* existing,
                                         bool takes_room) const {
    const auto& profile = incoming.package->profile();
    const auto judgement = judge(context_, *incoming.package, aor, incoming.who);
    const bool is_known = existing || context_.knows(aor);
    return SubscribeFacts{.request = request,
                          .profile = profile,
                          .handling = judgement.handling,
                          .is_ours = existing || incoming.is_ours,
                          .is_known = is_known,
                          .is_in_dialog = existing != nullptr,
                          .is_over_limit = takes_room && is_over_limit(incoming),
                          .was_active = existing && existing->state == SubscriptionState::active,
                          .expiry = expiry_rules(context_.config, profile),
                          .permissions = judgement.permissions};
}

void SubscribeRequests::on_initial(Incoming incoming, const Request& request) {
    if (context_.port.is_full()) return turn_away(incoming);
    if (!sip::sole_contact(request.message))
        return refuse(incoming, answer(400, "A SUBSCRIBE needs one usable Contact"));
    if (!authenticate(incoming, request.message)) return;
    incoming.aor = request.subject.aor;
    incoming.entity = entity_of(*request.subject.uri);
    incoming.is_ours = request.subject.is_ours;
    resume_initial(incoming);
}

/// An alias was moved while the request waited.
bool SubscribeRequests::is_elsewhere(const Incoming& incoming) const {
    if (!context_.aliases.is_used()) return false;
    const auto named = context_.domains.aor(incoming.entity);
    return !context_.is_owner_of(incoming.aor) ||
           (named && context_.aliases.resolve(*named) != incoming.aor);
}

void SubscribeRequests::resume_initial(const Incoming& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    if (is_elsewhere(incoming)) return refuse(incoming, not_now("The address is being moved"));
    const auto contact = *sip::sole_contact(*request);
    const auto twin = find_twin(incoming, *request, contact);
    const auto* older = context_.subscriptions.find(twin);
    auto decision =
        decide_subscribe(gather(incoming, *request, incoming.aor, nullptr, older == nullptr));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(incoming, *refusal);
    if (older && older->is_changing) {
        if (live_.wait(twin, [this, incoming] { resume_initial(incoming); })) return;
        return refuse(incoming, not_now("Busy"));
    }
    if (older && older->mark == context_.mark_of(*request))
        return context_.stack.answer(incoming.transaction, accepted(*older, older->granted));

    auto record = new_record(incoming, *request, contact, std::get<SubscribeGrant>(decision));
    if (record.granted == 0) return fetch(incoming, std::move(record));
    create(incoming, *request, std::move(record), twin);
}

Subscription SubscribeRequests::new_record(const Incoming& incoming, const sip::Message& request,
                                           const sip::NameAddress& contact,
                                           const SubscribeGrant& grant) const {
    const auto local_tag = new_local_tag(bucket_of(context_.home.bucket_key, incoming.aor));
    const auto local_uri = without_tag(request.to());
    const auto remote_uri = without_tag(request.from());
    const auto event = echoed_event(request);
    const auto instance = base::lower(instance_of(contact));
    const auto routes = joined_routes(request);

    Subscription record;
    record.text = PackedText({request.call_id(), local_uri, remote_uri, contact.uri, local_tag,
                              request.from_tag(), event, incoming.who.aor, incoming.entity,
                              instance, routes});
    record.resource = context_.resources.obtain(*incoming.package, incoming.aor);
    auto& resource = context_.resources[record.resource];
    record.view = resource.view_for(type_index(incoming.package->profile(), grant.type),
                                    incoming.entity, grant.permissions);
    record.flow = incoming.flow;
    record.source = context_.subscriptions.source_of(incoming.flow.peer);
    record.granted = grant.expires;
    record.expires_at = context_.wall() + std::chrono::seconds(grant.expires);
    record.began = static_cast<std::uint32_t>(
        std::chrono::floor<std::chrono::seconds>(context_.wall().time_since_epoch()).count());
    record.remote_cseq = request.cseq();
    record.cseq_end = kCseqBlock;
    record.mark = context_.mark_of(request);
    record.is_bodiless = grant.is_pending;
    return record;
}

/// RFC 6665 4.4.3: one NOTIFY, nothing kept.
void SubscribeRequests::fetch(const Incoming& incoming, Subscription record) {
    fetched_.add();
    record.is_fetch = true;
    if (record.is_bodiless && is_to_be_remembered(incoming, record))
        return remember(incoming, std::move(record));
    answer_fetch(incoming, live_.adopt(std::move(record)));
}

void SubscribeRequests::answer_fetch(const Incoming& incoming, Id id) {
    context_.stack.answer(incoming.transaction, accepted(context_.subscriptions[id.slot], 0));
    sender_.end(id, EndReason::timeout);
}

/// Who fetches before the owner decided waits for that (RFC 3857 4.7.1), once.
bool SubscribeRequests::is_to_be_remembered(const Incoming& incoming,
                                            const Subscription& record) const {
    const auto& resource = context_.resources[record.resource];
    const auto& watchers = resource.watchers;
    if (incoming.who.aor.empty() || waiting_for(incoming, resource.aor)) return false;
    return std::none_of(watchers.begin(), watchers.end(), [&](std::uint32_t slot) {
        return context_.subscriptions[slot].get(Part::watcher) == incoming.who.aor;
    });
}

void SubscribeRequests::remember(const Incoming& incoming, Subscription record) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto until = live_.waiting().end_of_wait();
    record.id = context_.next_id();
    record.is_changing = true;
    auto row = live_.row_of(record, context_.request_mark(*request));
    row.state = store::Subscription::State::waiting;
    row.expires_at = until;
    const auto id = live_.adopt(std::move(record));
    context_.port.commit(store::PutSubscription{std::move(row), {}},
                         [this, incoming, id, until](store::Outcome outcome) {
                             apply_remembered(incoming, id, until, outcome);
                         });
}

void SubscribeRequests::apply_remembered(const Incoming& incoming, Id id, base::WallTime until,
                                         store::Outcome outcome) {
    auto& record = *context_.subscriptions.find(id);
    record.is_changing = false;
    if (outcome != store::Outcome::committed) {
        refuse_uncommitted(incoming, outcome);
        sender_.forget(id);
    } else {
        live_.waiting().add(record, until);
        answer_fetch(incoming, id);
    }
    live_.open_gate(id);
}

std::optional<std::uint64_t> SubscribeRequests::waiting_for(const Incoming& incoming,
                                                            std::string_view aor) const {
    return live_.waiting().find(*incoming.package, aor, incoming.who.aor);
}

void SubscribeRequests::create(const Incoming& incoming, const sip::Message& request,
                               Subscription record, Id replaced) {
    record.id = context_.next_id();
    record.change = context_.next_id();
    record.is_changing = true;
    auto row = live_.row_of(record, context_.request_mark(request));
    row.state = record.is_bodiless ? store::Subscription::State::pending
                                   : store::Subscription::State::active;
    store::PutSubscription change{std::move(row), {}};
    if (auto* older = context_.subscriptions.find(replaced)) {
        // Its fate is under way: whoever comes next for this device waits.
        older->is_changing = true;
        change.replaces.push_back(older->id);
    }
    const auto waiting = waiting_for(incoming, context_.resources[record.resource].aor);
    if (waiting) change.replaces.push_back(*waiting);
    const auto id = live_.adopt(std::move(record));
    context_.port.commit(std::move(change),
                         [this, incoming, id, replaced, waiting](store::Outcome outcome) {
                             if (waiting && outcome == store::Outcome::committed)
                                 stop_waiting(id, *waiting);
                             apply_created(incoming, id, replaced, outcome);
                         });
}

/// He asks again: what the owner is to decide about is the new one (RFC 3857 4.7.1).
void SubscribeRequests::stop_waiting(Id id, std::uint64_t waiting) {
    const bool is_pending = context_.subscriptions.find(id)->is_bodiless;
    live_.waiting().drop(
        waiting, is_pending ? packages::WatcherEvent::giveup : packages::WatcherEvent::approved);
}

void SubscribeRequests::apply_created(const Incoming& incoming, Id id, Id replaced,
                                      store::Outcome outcome) {
    auto* record = context_.subscriptions.find(id);
    assert(record);  // what is not committed yet has nothing to end it
    record->is_changing = false;
    auto* older = context_.subscriptions.find(replaced);
    if (older) older->is_changing = false;
    if (outcome != store::Outcome::committed) {
        refuse_uncommitted(incoming, outcome);
        sender_.forget(id);
        live_.open_gate(replaced);
        return live_.open_gate(id);
    }
    if (older) {
        replaced_.add();
        sender_.forget(replaced);
    }
    accepted_.add();
    const bool is_pending = record->is_bodiless;
    record->is_bodiless = false;
    live_.begin(id, is_pending);
    live_.arm_expiry(id, {});
    context_.stack.answer(incoming.transaction, accepted(*record, record->granted));
    sender_.notify(id);
    live_.open_gate(replaced);
    live_.open_gate(id);
}

}  // namespace herald::server
