// server/notify/new_subscriptions.cpp: SUBSCRIBEs outside a dialog: gather, decide, commit, apply
// (RFC 6665 4.2.1).
#include "server/notify/new_subscriptions.h"

#include <algorithm>
#include <cassert>

#include "base/text.h"
#include "server/address/instance.h"
#include "server/core/answers.h"
#include "server/notify/subscribe_answers.h"
#include "server/notify/subscription_rows.h"
#include "sip/dialog_request.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// Most watchers of a resource that are searched for a dead one.
constexpr std::size_t kMostLookedAt = 10'000;

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

/// The URI as asked, without parameters and headers, in its canonical spelling: many ways to write
/// one name are one view.
std::string entity_of(const sip::Uri& uri) {
    std::string canonical = sip::canonical_aor(uri);
    const auto scheme = base::lower(uri.scheme_text);
    return canonical.replace(0, canonical.find(':'), scheme);
}

}  // namespace

NewSubscriptions::NewSubscriptions(Context& context, SubscribeIntake& intake, NotifySender& sender,
                                   LiveSubscriptions& live)
    : context_(context),
      intake_(intake),
      sender_(sender),
      live_(live),
      gave_way_(context.metrics.counter(
          "herald_subscriptions_gave_way_total",
          "Subscriptions nobody hears any more that ended for a new one at a limit")) {}

bool NewSubscriptions::is_over_limit(const IncomingSubscribe& incoming) const {
    const auto& config = context_.config;
    // Those who are anonymous are many; each place they come from has its share.
    const bool is_somebody = !incoming.who.aor.empty();
    if (is_somebody &&
        context_.subscriptions.loads().of_watcher(incoming.who.aor) >= config.subscribe_per_watcher)
        return true;
    if (context_.subscriptions.loads().of_source(incoming.flow.peer) >=
            config.subscribe_per_source &&
        !context_.authenticator.is_trusted(incoming.flow))
        return true;
    if (has_no_memory(incoming)) return true;
    const auto slot = context_.resources.find(*incoming.package, incoming.aor);
    if (slot == Resource::kNone) return false;
    return context_.resources[slot].watchers.size() >= config.subscribe_per_resource ||
           (is_somebody && context_.subscriptions.loads().of_pair(incoming.who.aor, slot) >=
                               config.subscribe_per_watcher_resource);
}

/// Of all there is for subscriptions, or of the share of where it came from.
bool NewSubscriptions::has_no_memory(const IncomingSubscribe& incoming) const {
    const auto& config = context_.config;
    const auto& loads = context_.subscriptions.loads();
    if (loads.weight() >= config.subscribe_memory) return true;
    return loads.weight_of_source(incoming.flow.peer) >= config.subscribe_memory_per_source &&
           !context_.authenticator.is_trusted(incoming.flow);
}

NewSubscriptions::Id NewSubscriptions::find_twin(const IncomingSubscribe& incoming,
                                                 const sip::Message& request,
                                                 const sip::NameAddress& contact) const {
    if (!context_.config.subscribe_replace_same_device) return {};
    const auto slot = context_.resources.find(*incoming.package, incoming.aor);
    if (slot == Resource::kNone) return {};
    const auto instance = base::lower(instance_of(contact));
    auto& table = context_.subscriptions;
    const auto twin = table.by_device({slot, event_id_of(echoed_event(request)), incoming.who.aor,
                                       instance, contact.uri, incoming.entity});
    // Anybody may claim an instance: without a name only who comes from the same place is the same.
    const auto* older = incoming.who.aor.empty() ? table.find(twin) : nullptr;
    return older && older->source != table.loads().source_of(incoming.flow.peer) ? Id{} : twin;
}

/// Its NOTIFYs reach nobody any more.
bool NewSubscriptions::is_dead(const Subscription& record) const {
    if (!record.is_live() || record.is_changing) return false;
    return record.liveness == Liveness::flow_lost ||
           !context_.stack.transport().is_open(record.flow);
}

/// At a limit the watcher's oldest dead subscription of the resource gives way, in the commit of
/// the new one: a device that comes back by ever new connections is not locked out by those that
/// are gone.
NewSubscriptions::Id NewSubscriptions::oldest_dead(const IncomingSubscribe& incoming) const {
    const auto slot = context_.resources.find(*incoming.package, incoming.aor);
    if (slot == Resource::kNone) return {};
    const auto& watchers = context_.resources[slot].watchers;
    Id oldest;
    std::uint64_t its_id = UINT64_MAX;
    for (std::size_t i = 0; i < std::min(watchers.size(), kMostLookedAt); ++i) {
        const auto& record = context_.subscriptions[watchers[i]];
        const bool is_own = record.id < its_id && record.get(Part::watcher) == incoming.who.aor;
        if (!is_own || !is_dead(record)) continue;
        its_id = record.id;
        oldest = context_.subscriptions.id_of(watchers[i]);
    }
    return oldest;
}

void NewSubscriptions::on_subscribe(IncomingSubscribe incoming, const Request& request) {
    if (context_.port.is_full()) return intake_.turn_away(incoming);
    const auto contact = sip::sole_contact(request.message);
    if (!contact)
        return intake_.refuse(incoming, answer(400, "A SUBSCRIBE needs one usable Contact"));
    if (!sip::read_routes(request.message, sip::Header::record_route))
        return intake_.refuse(incoming, answer(400, "Malformed Record-Route"));
    incoming.aor = request.subject.aor;
    incoming.entity = entity_of(*request.subject.uri);
    incoming.instance = base::lower(instance_of(*contact));
    incoming.is_ours = request.subject.is_ours;
    incoming.is_nobody = request.subject.is_nobody;
    if (!intake_.admits_anonymous(incoming, request.message, nullptr) &&
        !intake_.authenticate(incoming, request))
        return;
    serve(incoming, request.message, *contact);
}

void NewSubscriptions::resume(const IncomingSubscribe& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (request) serve(incoming, *request, *sip::sole_contact(*request));
}

/// An alias was moved while the request waited.
bool NewSubscriptions::is_elsewhere(const IncomingSubscribe& incoming) const {
    if (!context_.aliases.is_used()) return false;
    const auto named = context_.domains.aor(incoming.entity);
    return !context_.is_owner_of(incoming.aor) ||
           (named && context_.aliases.resolve(*named) != incoming.aor);
}

void NewSubscriptions::serve(const IncomingSubscribe& incoming, const sip::Message& request,
                             const sip::NameAddress& contact) {
    if (is_elsewhere(incoming))
        return intake_.refuse(incoming, not_now("The address is being moved"));
    const auto twin = find_twin(incoming, request, contact);
    auto* older = context_.subscriptions.find(twin);
    const bool is_full = older == nullptr && is_over_limit(incoming);
    const auto dead = is_full ? oldest_dead(incoming) : Id{};
    const bool has_room = !is_full || context_.subscriptions.find(dead) != nullptr;
    auto decision =
        decide_subscribe(intake_.gather(incoming, request, incoming.aor, nullptr, !has_room));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return intake_.refuse(incoming, *refusal);
    if (older && older->is_changing) {
        if (live_.wait(twin, [this, incoming] { resume(incoming); })) return;
        return intake_.refuse(incoming, not_now("Busy"));
    }
    if (older && older->mark == context_.mark_of(request))
        return intake_.grant(incoming, accepted(*older, older->granted), *older);

    auto record = new_record(incoming, request, contact, std::get<SubscribeGrant>(decision));
    if (record.granted == 0) return fetch(incoming, std::move(record));
    if (is_full) gave_way_.add();
    create(incoming, request, std::move(record), is_full ? dead : twin);
}

/// Who watches one call after the other leaves a class behind for each.
void NewSubscriptions::vacate_views(Resource& resource) const {
    std::vector<bool> used(resource.views.size());
    for (const auto slot : resource.watchers) used[context_.subscriptions[slot].view] = true;
    resource.vacate([&](std::uint16_t view) { return used[view]; });
}

Subscription NewSubscriptions::new_record(const IncomingSubscribe& incoming,
                                          const sip::Message& request,
                                          const sip::NameAddress& contact,
                                          const SubscribeGrant& grant) const {
    const auto local_tag = new_local_tag(bucket_of(context_.home.bucket_key, incoming.aor));
    const auto local_uri = without_tag(request.to());
    const auto remote_uri = without_tag(request.from());
    const auto event = echoed_event(request);
    const auto instance = base::lower(instance_of(contact));
    const auto routes = sip::read_routes(request, sip::Header::record_route).value_or("");

    Subscription record;
    record.text = PackedText({request.call_id(), local_uri, remote_uri, contact.uri, local_tag,
                              request.from_tag(), event, incoming.who.aor, incoming.entity,
                              instance, routes});
    record.resource = context_.resources.obtain(*incoming.package, incoming.aor);
    auto& resource = context_.resources[record.resource];
    if (!resource.has_room_for(grant.manner)) vacate_views(resource);
    record.view = resource.view_for(type_index(incoming.package->profile(), grant.type),
                                    incoming.entity, grant.permissions, grant.manner);
    record.flow = incoming.flow;
    record.approach = intake_.approach_of(incoming, request, contact.uri, routes);
    record.has_way = sip::is_flow_first(record.approach, record.flow);
    record.has_proven_source = record.is_proven = incoming.who.is_address_proven;
    record.credit = SubscribeIntake::credit_of(incoming.who, request);
    record.source = context_.subscriptions.loads().source_of(incoming.flow.peer);
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
void NewSubscriptions::fetch(const IncomingSubscribe& incoming, Subscription record) {
    context_.resources.counters(record.resource).of(SubscribeDone::fetched).add();
    record.is_fetch = true;
    if (record.is_bodiless && is_to_be_remembered(incoming, record))
        return remember(incoming, std::move(record));
    answer_fetch(incoming, live_.adopt(std::move(record)));
}

void NewSubscriptions::answer_fetch(const IncomingSubscribe& incoming, Id id) {
    auto& record = context_.subscriptions[id.slot];
    intake_.grant(incoming, accepted(record, 0), record);
    live_.end(id, EndReason::timeout);
}

/// Somebody who fetches before the owner has decided becomes a waiting watcher (RFC 3857 4.7.1),
/// once.
bool NewSubscriptions::is_to_be_remembered(const IncomingSubscribe& incoming,
                                           const Subscription& record) const {
    const auto& resource = context_.resources[record.resource];
    const auto& watchers = resource.watchers;
    if (incoming.who.aor.empty() || waiting_for(incoming, resource.aor)) return false;
    return std::none_of(watchers.begin(), watchers.end(), [&](std::uint32_t slot) {
        return context_.subscriptions[slot].get(Part::watcher) == incoming.who.aor;
    });
}

void NewSubscriptions::remember(const IncomingSubscribe& incoming, Subscription record) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto until = live_.waiting().end_of_wait();
    record.id = context_.new_row(context_.resources[record.resource].aor);
    record.is_changing = true;
    auto row = row_of(context_, record, context_.request_mark(*request));
    row.state = store::Subscription::State::waiting;
    row.expires_at = until;
    const auto id = live_.adopt(std::move(record));
    context_.port.commit(store::PutSubscription{std::move(row), {}},
                         [this, incoming, id, until](store::Outcome outcome) {
                             apply_remembered(incoming, id, until, outcome);
                         });
}

void NewSubscriptions::apply_remembered(const IncomingSubscribe& incoming, Id id,
                                        base::WallTime until, store::Outcome outcome) {
    auto& record = *context_.subscriptions.find(id);
    record.is_changing = false;
    if (outcome != store::Outcome::committed) {
        intake_.refuse_uncommitted(incoming, outcome);
        sender_.gone().forget(id);
    } else {
        live_.waiting().add(record, until);
        answer_fetch(incoming, id);
    }
    live_.open_gate(id);
}

std::optional<std::uint64_t> NewSubscriptions::waiting_for(const IncomingSubscribe& incoming,
                                                           std::string_view aor) const {
    return live_.waiting().find(*incoming.package, aor, incoming.who.aor);
}

void NewSubscriptions::create(const IncomingSubscribe& incoming, const sip::Message& request,
                              Subscription record, Id replaced) {
    record.id = context_.new_row(context_.resources[record.resource].aor);
    record.change = context_.next_number();
    record.is_changing = true;
    auto row = row_of(context_, record, context_.request_mark(request));
    row.state = record.is_bodiless ? store::Subscription::State::pending
                                   : store::Subscription::State::active;
    store::PutSubscription change{std::move(row), {}};
    if (auto* older = context_.subscriptions.find(replaced)) {
        // Its end is being committed: the next request of this device has to wait.
        older->is_changing = true;
        change.replaces.push_back(older->id);
    }
    const auto waiting = waiting_for(incoming, context_.resources[record.resource].aor);
    if (waiting) change.replaces.push_back(*waiting);
    const auto id = live_.adopt(std::move(record));
    context_.port.commit(std::move(change), [this, incoming = incoming, id, replaced,
                                             waiting](store::Outcome outcome) {
        if (waiting && outcome == store::Outcome::committed) stop_waiting(id, *waiting);
        apply_created(incoming, id, replaced, outcome);
    });
}

/// The watcher asks again: the owner decides about the new subscription (RFC 3857 4.7.1).
void NewSubscriptions::stop_waiting(Id id, std::uint64_t waiting) {
    const bool is_pending = context_.subscriptions.find(id)->is_bodiless;
    live_.waiting().drop(
        waiting, is_pending ? packages::WatcherEvent::giveup : packages::WatcherEvent::approved);
}

void NewSubscriptions::apply_created(const IncomingSubscribe& incoming, Id id, Id replaced,
                                     store::Outcome outcome) {
    auto* record = context_.subscriptions.find(id);
    assert(record);  // what is not committed yet has nothing to end it
    record->is_changing = false;
    auto* older = context_.subscriptions.find(replaced);
    if (older) older->is_changing = false;
    if (outcome != store::Outcome::committed) {
        intake_.refuse_uncommitted(incoming, outcome);
        sender_.gone().forget(id);
        live_.open_gate(replaced);
        return live_.open_gate(id);
    }
    if (older) {
        context_.resources.counters(older->resource).of(SubscribeDone::replaced).add();
        sender_.gone().forget(replaced);
    }
    context_.resources.counters(record->resource).of(SubscribeDone::created).add();
    const bool is_pending = record->is_bodiless;
    record->is_bodiless = false;
    live_.begin(id, is_pending);
    live_.arm_expiry(id, {});
    intake_.grant(incoming, accepted(*record, record->granted), *record);
    sender_.notify(id);
    live_.open_gate(replaced);
    live_.open_gate(id);
}

}  // namespace herald::server
