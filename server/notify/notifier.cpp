// server/notify/notifier.cpp: what happens to a SUBSCRIBE: gather, decide, commit, apply (RFC
// 6665 4.2.1).
#include "server/notify/notifier.h"

#include <algorithm>
#include <cassert>

#include "base/log.h"
#include "base/text.h"
#include "server/core/answers.h"
#include "server/core/flow_text.h"

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
std::string entity_of(std::string_view request_uri) {
    const auto uri = sip::parse_uri(request_uri);
    if (!uri) return std::string(request_uri);
    std::string canonical = sip::canonical_aor(*uri);
    const auto scheme = base::lower(uri->scheme_text);
    return canonical.replace(0, canonical.find(':'), scheme);
}

std::string instance_of(const sip::NameAddress& contact) {
    return std::string(contact.parameter("+sip.instance").value_or(""));
}

base::Counter& counter(base::Metrics& metrics, const char* what) {
    return metrics.counter("herald_subscribe_total",
                           "SUBSCRIBE requests that changed something, by what they did",
                           {{"did", what}});
}

}  // namespace

Notifier::Notifier(Context& context, NotifySender& sender)
    : context_(context),
      sender_(sender),
      expiry_timer_(
          context.loop.timers().add_owner([this](std::uint64_t user) { on_expiry(unpack(user)); })),
      decision_timer_(context.loop.timers().add_owner([this](std::uint64_t user) {
          const auto* record = context_.subscriptions.find(unpack(user));
          if (record && record->state == SubscriptionState::pending)
              run_out(unpack(user), EndReason::giveup);
      })),
      accepted_(counter(context.metrics, "created")),
      refreshed_(counter(context.metrics, "refreshed")),
      fetched_(counter(context.metrics, "fetched")),
      replaced_(counter(context.metrics, "replaced")),
      expired_(context.metrics.counter("herald_subscriptions_expired_total",
                                       "Subscriptions that ran out")),
      sent_elsewhere_(context.metrics.counter(
          "herald_subscriptions_sent_elsewhere_total",
          "Subscriptions ended because their URI leads to another resource now")) {
    sender_.on_settled([this](Id id) { open_gate(id); });
}

void Notifier::on_subscribe(sip::ServerTransactionId transaction, const sip::Message& request,
                            const sip::Flow& flow, const packages::Package& package) {
    Incoming incoming{transaction, flow, &package, {}};
    // Refused before anything is kept of it.
    if (request.bytes().size() - request.body().size() > kMostText)
        return refuse(incoming, answer(400, "Headers too long"));
    if (request.to_tag().empty()) return on_initial(std::move(incoming), request);
    on_in_dialog(std::move(incoming), request);
}

void Notifier::refuse(const Incoming& incoming, const sip::Answer& answer) {
    context_.stack.answer(incoming.transaction, answer);
}

/// Overload: the cheapest answer, and nothing is remembered of it.
void Notifier::turn_away(const Incoming& incoming) {
    context_.stack.answer_and_forget(incoming.transaction, unavailable("Busy"));
}

/// "Not applied" may be said; what may have been applied is never answered (docs/architecture.md:
/// What a 200 means).
void Notifier::refuse_uncommitted(const Incoming& incoming, store::Outcome outcome) {
    if (outcome == store::Outcome::unknown) return context_.stack.abandon(incoming.transaction);
    refuse(incoming, unavailable("The store is not available"));
}

bool Notifier::authenticate(Incoming& incoming, const sip::Message& request) {
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

ExpiryRules Notifier::expiry_rules(const packages::Profile& profile) const {
    const auto& config = context_.config;
    ExpiryRules rules;
    rules.maximum =
        config.subscribe_max_expires ? config.subscribe_max_expires : profile.max_expires;
    rules.minimum = std::min(config.subscribe_min_expires, rules.maximum);
    rules.standard = std::min(profile.default_expires, rules.maximum);
    rules.is_clamping = config.subscribe_clamp;
    return rules;
}

bool Notifier::is_over_limit(const Incoming& incoming, std::string_view aor) const {
    const auto& config = context_.config;
    if (context_.subscriptions.watcher_load(incoming.who.aor) >= config.subscribe_per_watcher)
        return true;
    if (context_.subscriptions.source_load(incoming.flow.peer) >= config.subscribe_per_source &&
        !context_.authenticator.is_trusted(incoming.flow.peer))
        return true;
    const auto slot = context_.resources.find(*incoming.package, aor);
    if (slot == Resource::kNone) return false;
    return context_.resources[slot].watchers.size() >= config.subscribe_per_resource ||
           context_.subscriptions.pair_load(incoming.who.aor, slot) >=
               config.subscribe_per_watcher_resource;
}

Notifier::Id Notifier::find_twin(const Incoming& incoming, const sip::Message& request,
                                 std::string_view aor) const {
    if (!context_.config.subscribe_replace_same_device) return {};
    const auto slot = context_.resources.find(*incoming.package, aor);
    const auto contact = sip::sole_contact(request);
    if (slot == Resource::kNone || !contact) return {};
    const auto instance = instance_of(*contact);
    const auto entity = entity_of(request.request_uri());
    return context_.subscriptions.by_device(
        {slot, event_id_of(request.header(sip::Header::event).value_or("")), incoming.who.aor,
         instance, contact->uri, entity});
}

SubscribeFacts Notifier::gather(const Incoming& incoming, const sip::Message& request,
                                std::string_view aor, const Subscription* existing,
                                bool takes_room) const {
    const auto& profile = incoming.package->profile();
    const auto uri = sip::parse_uri(request.request_uri());
    const auto owner = context_.accounts.find(aor);
    const bool is_known = existing || context_.knows(aor);
    return SubscribeFacts{.request = request,
                          .profile = profile,
                          .handling = sub_handling(profile, aor, owner.get(), incoming.who),
                          .is_ours = existing || (uri && context_.domains.serves(*uri)),
                          .is_known = is_known,
                          .is_in_dialog = existing != nullptr,
                          .is_over_limit = takes_room && is_over_limit(incoming, aor),
                          .was_active = existing && existing->state == SubscriptionState::active,
                          .expiry = expiry_rules(profile)};
}

void Notifier::on_initial(Incoming incoming, const sip::Message& request) {
    if (context_.port.is_full()) return turn_away(incoming);
    if (!sip::sole_contact(request))
        return refuse(incoming, answer(400, "A SUBSCRIBE needs one usable Contact"));
    if (!authenticate(incoming, request)) return;
    resume_initial(incoming);
}

void Notifier::resume_initial(const Incoming& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto uri = sip::parse_uri(request->request_uri());
    const auto aor = uri ? context_.resource_of(*uri) : std::string();
    if (!context_.is_owner_of(aor) && context_.aliases.is_used())
        return refuse(incoming, unavailable("The address is being moved"));
    const auto twin = find_twin(incoming, *request, aor);
    const auto* older = context_.subscriptions.find(twin);
    auto decision = decide(gather(incoming, *request, aor, nullptr, older == nullptr));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(incoming, *refusal);
    if (older && older->is_changing) {
        if (gate_.wait(pack(twin), [this, incoming] { resume_initial(incoming); })) return;
        return refuse(incoming, unavailable("Busy"));
    }
    if (older && older->mark == context_.mark_of(*request))
        return accept(incoming.transaction, *older, older->granted);

    const auto contact = sip::sole_contact(*request);
    auto record = new_record(incoming, *request, std::get<SubscribeGrant>(decision), aor, *contact);
    if (record.granted == 0) return fetch(incoming, std::move(record));
    create(incoming, *request, std::move(record), twin);
}

Subscription Notifier::new_record(const Incoming& incoming, const sip::Message& request,
                                  const SubscribeGrant& grant, std::string_view aor,
                                  const sip::NameAddress& contact) {
    const auto local_tag = new_local_tag(bucket_of(context_.home.bucket_key, aor));
    const auto local_uri = without_tag(request.to());
    const auto remote_uri = without_tag(request.from());
    const auto event = echoed_event(request);
    const auto entity = entity_of(request.request_uri());
    const auto instance = instance_of(contact);
    const auto routes = joined_routes(request);

    Subscription record;
    record.text =
        PackedText({request.call_id(), local_uri, remote_uri, contact.uri, local_tag,
                    request.from_tag(), event, incoming.who.aor, entity, instance, routes});
    record.resource = context_.resources.obtain(*incoming.package, aor);
    auto& resource = context_.resources[record.resource];
    record.view = resource.view_for(type_index(incoming.package->profile(), grant.type), entity);
    record.flow = incoming.flow;
    record.granted = grant.expires;
    record.expires_at = context_.wall() + std::chrono::seconds(grant.expires);
    record.remote_cseq = request.cseq();
    record.cseq_end = kCseqBlock;
    record.mark = context_.mark_of(request);
    record.is_bodiless = grant.is_pending;
    return record;
}

Notifier::Id Notifier::adopt(Subscription record) {
    auto& resource = context_.resources[record.resource];
    record.watcher_index = static_cast<std::uint32_t>(resource.watchers.size());
    const auto id = context_.subscriptions.add(std::move(record));
    resource.watchers.push_back(id.slot);
    sender_.confirmations().added(context_.subscriptions[id.slot]);
    return id;
}

/// RFC 6665 4.4.3: one NOTIFY, nothing kept.
void Notifier::fetch(const Incoming& incoming, Subscription record) {
    fetched_.add();
    record.is_fetch = true;
    const auto id = adopt(std::move(record));
    accept(incoming.transaction, context_.subscriptions[id.slot], 0);
    sender_.end(id, EndReason::timeout);
}

store::Subscription Notifier::row_of(const Subscription& record, store::RequestMark mark) const {
    const auto& resource = context_.resources[record.resource];
    store::Subscription row;
    row.id = record.id;
    row.package = resource.package->profile().event;
    row.aor = resource.aor;
    row.watcher = record.get(Part::watcher);
    row.state = stored_state(record.state);
    row.expires_at = record.expires_at;
    row.granted = record.granted;
    row.change = record.change;
    row.call_id = record.get(Part::call_id);
    row.local_tag = record.get(Part::local_tag);
    row.remote_tag = record.get(Part::remote_tag);
    row.local_uri = record.get(Part::local_uri);
    row.remote_uri = record.get(Part::remote_uri);
    row.remote_target = record.get(Part::remote_target);
    row.route_set = record.get(Part::route_set);
    row.event = record.get(Part::event);
    row.accept = resource.package->profile().notify_types[resource.views[record.view].type];
    row.entity = record.get(Part::entity);
    row.instance = record.get(Part::instance);
    row.flow = to_text(record.flow);
    row.remote_cseq = record.remote_cseq;
    row.cseq_base = record.cseq + 1;
    row.epoch = context_.home.epoch;
    row.mark = std::move(mark);
    return row;
}

void Notifier::create(const Incoming& incoming, const sip::Message& request, Subscription record,
                      Id replaced) {
    record.id = context_.next_id();
    record.change = context_.next_id();
    record.is_changing = true;
    auto row = row_of(record, context_.request_mark(request));
    row.state = record.is_bodiless ? store::Subscription::State::pending
                                   : store::Subscription::State::active;
    store::PutSubscription change{std::move(row), {}};
    if (auto* older = context_.subscriptions.find(replaced)) {
        // Its fate is under way: whoever comes next for this device waits.
        older->is_changing = true;
        change.replaces.push_back(older->id);
    }
    const auto id = adopt(std::move(record));
    context_.port.commit(std::move(change), [this, incoming, id, replaced](store::Outcome outcome) {
        apply_created(incoming, id, replaced, outcome);
    });
}

void Notifier::apply_created(const Incoming& incoming, Id id, Id replaced, store::Outcome outcome) {
    auto* record = context_.subscriptions.find(id);
    assert(record);  // what is not committed yet has nothing to end it
    record->is_changing = false;
    auto* older = context_.subscriptions.find(replaced);
    if (older) older->is_changing = false;
    if (outcome != store::Outcome::committed) {
        refuse_uncommitted(incoming, outcome);
        sender_.forget(id);
        open_gate(replaced);
        return open_gate(id);
    }
    if (older) {
        replaced_.add();
        sender_.forget(replaced);
    }
    accepted_.add();
    const bool is_pending = record->is_bodiless;
    record->is_bodiless = false;
    context_.subscriptions.move(
        *record, is_pending ? SubscriptionInput::commit_pending : SubscriptionInput::commit_active);
    arm_expiry(id, {});
    if (is_pending) await_decision(id);
    accept(incoming.transaction, *record, record->granted);
    sender_.notify(id);
    open_gate(replaced);
    open_gate(id);
}

void Notifier::accept(sip::ServerTransactionId transaction, const Subscription& record,
                      std::uint32_t expires) {
    sip::Answer answer;
    answer.to_tag = record.get(Part::local_tag);
    answer.expires = expires;
    answer.with_contact = true;
    answer.with_record_route = true;
    context_.stack.answer(transaction, answer);
}

void Notifier::open_gate(Id id) {
    gate_.open(pack(id), [&] {
        const auto* record = context_.subscriptions.find(id);
        return record && record->is_changing;
    });
}

}  // namespace herald::server
