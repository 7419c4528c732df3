// server/register/registrar.cpp: what happens to a REGISTER: gather, decide, commit, apply (RFC
// 3261 10.3).
#include "server/register/registrar.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "server/access/authorize.h"
#include "server/core/answers.h"
#include "server/core/credit.h"
#include "server/core/duration.h"
#include "server/core/flow_text.h"
#include "server/core/no_room.h"
#include "server/register/flow_timer.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

base::Counter& counter(base::Metrics& metrics, const char* what) {
    return metrics.counter("herald_register_total", "REGISTER requests granted, by what they did",
                           {{"did", what}});
}

/// What a device is told of a binding: UINT32_MAX is for ever.
std::uint32_t told_seconds(const Publication& publication, base::WallTime now) {
    if (publication.is_permanent()) return UINT32_MAX;
    return server::told_seconds(publication.expires_at, now, publication.granted);
}

base::Budget::Most most_of(const Config& config) {
    return {.bytes = config.register_memory, .bytes_each = config.register_memory_per_source};
}

/// Of the contacts that are new.
std::uint64_t weight_of_new(const RegisterPlan& plan) {
    std::uint64_t weight = 0;
    for (const ContactPlan& contact : plan.contacts) {
        if (contact.binding && !contact.is_refresh) weight += weight_of(*contact.binding);
    }
    return weight;
}

}  // namespace

Registrar::Registrar(Context& context, Publications& publications, Bindings& bindings)
    : context_(context),
      publications_(publications),
      bindings_(bindings),
      queried_(counter(context.metrics, "queried")),
      repeated_(counter(context.metrics, "repeated")),
      changed_(counter(context.metrics, "changed")),
      time_(context.metrics.histogram("herald_register_seconds", "From a REGISTER to its 200")) {}

void Registrar::refuse(const Incoming& incoming, const sip::Answer& answer) {
    context_.stack.answer(incoming.transaction, answer);
}

RegisterRules Registrar::rules() const {
    const auto& config = context_.config;
    return {.default_expires = config.register_default_expires,
            .min_expires = config.register_min_expires,
            .max_expires = config.register_max_expires,
            .max_contacts = config.register_max_contacts,
            .needs_path_support = config.register_needs_path_support,
            .allows_lower_cseq = config.register_allows_lower_cseq,
            .allows_star_alone = config.register_allows_star_alone,
            .has_stun = config.stun};
}

void Registrar::on_register(const Request& request) {
    Incoming incoming;
    incoming.transaction = request.id;
    incoming.arrived = context_.loop.now();
    if (context_.port.is_full_for_refreshes())
        return context_.stack.answer_and_forget(request.id, unavailable("Busy"));
    if (request.subject.aor.empty()) return refuse(incoming, answer(400, "To is no SIP URI"));
    auto result =
        context_.authenticator.authenticate(request.message, request.flow, {}, &*request.from);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (!refusal->is_challenge) return refuse(incoming, refusal->answer);
        return context_.stack.answer_and_forget(request.id, refusal->answer);
    }
    incoming.who = std::get<Identity>(std::move(result));
    incoming.aor = request.subject.aor;
    incoming.is_ours = request.subject.is_ours;
    incoming.flow = request.flow;
    resume_register(incoming);
}

/// Bindings of devices whose own stream has ended, in this run or with an earlier one.
std::vector<std::uint64_t> Registrar::dead_bindings(const Resource* registration) const {
    std::vector<std::uint64_t> dead;
    if (!registration) return dead;
    for (const Publication& publication : registration->publications) {
        const auto* binding = binding_of(publication);
        if (!binding || own_stream(binding->flow).empty()) continue;
        const auto flow = flow_of_binding(binding->flow, context_.home.epoch);
        if (!flow || !context_.stack.transport().is_open(*flow)) dead.push_back(publication.id);
    }
    return dead;
}

RegisterFacts Registrar::facts_of(const Incoming& incoming, const sip::Message& request,
                                  const Resource* registration,
                                  std::span<const std::uint64_t> dead) const {
    const auto owner = context_.accounts.find(incoming.aor);
    const auto mark = context_.mark_of(request);
    return {.request = request,
            .domains = context_.domains,
            .aliases = context_.aliases,
            .aor = incoming.aor,
            .may_register = may_register(incoming.aor, owner.get(), incoming.who),
            .is_ours = incoming.is_ours,
            .is_known = context_.knows(incoming.aor),
            .registration = registration,
            .mark = mark,
            .now = context_.wall(),
            .flow = incoming.flow,
            .is_flow_proven = incoming.who.is_address_proven,
            .epoch = context_.home.epoch,
            .listeners = context_.stack.transport().listeners(),
            .dead = dead,
            .removals = bindings_.removals().of(incoming.aor),
            .is_done = bindings_.removals().has(incoming.aor, mark),
            .rules = rules()};
}

void Registrar::resume_register(const Incoming& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto slot = context_.resources.find(bindings_.package(), incoming.aor);
    const auto* registration = slot == Resource::kNone ? nullptr : &context_.resources[slot];
    if (registration && registration->is_changing) {
        if (publications_.wait(slot, [this, incoming] { resume_register(incoming); })) return;
        return refuse(incoming, not_now("Busy"));
    }
    const auto dead = dead_bindings(registration);
    auto decision = decide_register(facts_of(incoming, *request, registration, dead));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(incoming, *refusal);
    carry_out(incoming, *request, slot, std::get<RegisterPlan>(std::move(decision)));
}

void Registrar::carry_out(const Incoming& incoming, const sip::Message& request, std::uint32_t slot,
                          const RegisterPlan& plan) {
    if (plan.operation == RegisterOperation::repeat) {
        repeated_.add();
        return accept(incoming, plan.has_outbound);
    }
    if (plan.contacts.empty()) {
        queried_.add();
        return accept(incoming, plan.has_outbound);
    }
    auto change = std::make_unique<Change>();
    if (!find_room(incoming, plan, *change))
        return refuse(incoming, no_room(context_.limits.bindings,
                                        context_.limits.holder(incoming.who, incoming.flow.peer),
                                        weight_of_new(plan), most_of(context_.config), "contacts"));
    if (slot == Resource::kNone)
        slot = context_.resources.obtain(bindings_.package(), incoming.aor);
    change->has_outbound = plan.has_outbound;
    auto rows = rows_of(incoming, request, plan, *change);
    publications_.commit(slot, std::move(rows),
                         [this, incoming = incoming, slot, change = std::move(change)](
                             store::Outcome outcome) { apply(incoming, slot, *change, outcome); });
}

/// For contacts that are new; those that are renewed keep what they have.
bool Registrar::find_room(const Incoming& incoming, const RegisterPlan& plan,
                          Change& change) const {
    const auto most = most_of(context_.config);
    const auto holder = context_.limits.holder(incoming.who, incoming.flow.peer);
    for (const ContactPlan& contact : plan.contacts) {
        if (!contact.binding) continue;
        auto& share = change.shares.emplace_back();
        if (contact.is_refresh) {
            share = contact.target->share;
            continue;
        }
        share = context_.limits.bindings.take(holder, weight_of(*contact.binding), most);
        if (!share) return false;
    }
    return true;
}

store::ChangePublications Registrar::rows_of(const Incoming& incoming, const sip::Message& request,
                                             const RegisterPlan& plan, Change& change) {
    store::ChangePublications rows;
    const auto mark = context_.request_mark(request);
    const auto short_mark = context_.mark_of(mark);
    for (const ContactPlan& contact : plan.contacts) {
        const auto* target = contact.target;
        if (!contact.binding) {
            rows.changes.emplace_back(store::RemovePublication{
                target->id, target->entity_tag, context_.wall() + kTombstoneLife,
                removal_mark(*binding_of(*target), mark)});
            change.removed.push_back(target->id);
            continue;
        }
        bindings_.gruus().name(incoming.aor, *contact.binding);
        if (own_stream(change.flow).empty()) change.flow = contact.binding->flow;
        Publication next = bindings_.publication_of(incoming.aor, incoming.who.aor, contact);
        next.mark = short_mark;
        next.share = change.shares[change.made.size()];
        if (contact.is_refresh) {
            rows.changes.emplace_back(store::RefreshPublication{
                next.id, target->entity_tag, next.entity_tag, next.expires_at, next.granted, mark});
        } else {
            next.body = packages::to_text(*contact.binding);
            rows.changes.emplace_back(
                store::PutPublication{row_of(bindings_.package(), incoming.aor, next, mark),
                                      target ? target->entity_tag : ""});
            next.body.clear();
        }
        change.made.push_back(std::move(next));
    }
    return rows;
}

void Registrar::apply(const Incoming& incoming, std::uint32_t slot, Change& change,
                      store::Outcome outcome) {
    switch (outcome) {
        case store::Outcome::committed:
            apply_to(slot, change);
            renew_credit(incoming, change);
            accept(incoming, change.has_outbound);
            changed_.add();
            time_.observe(
                static_cast<std::uint64_t>((context_.loop.now() - incoming.arrived).count()));
            context_.fan_out.changed(slot);
            if (!change.made.empty()) bindings_.tell_registered(incoming.aor, change.flow);
            break;
        case store::Outcome::refused:
            refuse(incoming, answer(500, "The bindings were changed meanwhile"));
            break;
        case store::Outcome::unavailable:
            refuse(incoming, unavailable("The store is not available"));
            break;
        case store::Outcome::unknown:
            context_.stack.abandon(incoming.transaction);
            break;
    }
}

void Registrar::apply_to(std::uint32_t slot, Change& change) {
    for (const auto id : change.removed) publications_.take_out(slot, id, packages::Cause::removed);
    for (auto& publication : change.made) {
        change.documents.push_back(publication.document);
        bindings_.put(slot, std::move(publication));
    }
}

/// What may be sent to where these contacts say they are, until they answer.
void Registrar::renew_credit(const Incoming& incoming, const Change& change) {
    const auto* request = context_.stack.request(incoming.transaction);
    const auto bytes = credit_of(incoming.who, request ? request->bytes().size() : 0);
    const auto source = incoming.who.is_address_proven ? incoming.flow.peer : sip::Endpoint();
    for (const auto& document : change.documents) {
        const auto& binding = static_cast<const packages::Binding&>(*document);
        bindings_.credits().renew(incoming.aor, binding, bytes, source);
    }
}

void Registrar::accept(const Incoming& incoming, bool has_outbound) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    sip::Answer answer;
    // What the device cannot do without comes first: a long answer may lose its last lines.
    if (has_outbound) answer.headers += "Require: outbound\r\n";
    const bool is_direct = request->list(sip::Header::via).size() == 1;
    if (has_outbound && is_direct) append_flow_timer(answer.headers, context_, incoming.flow);
    answer.headers += incoming.who.success_lines;
    for (const auto value : request->list(sip::Header::path)) {
        answer.headers += "Path: ";
        answer.headers += value;
        answer.headers += "\r\n";
    }
    append_contacts(answer.headers, incoming.aor, *request);
    const auto now = context_.wall().time_since_epoch() / std::chrono::seconds(1);
    answer.headers += "Date: " + base::to_http_date(now) + "\r\n";
    const bool is_proven = incoming.who.is_address_proven && !incoming.who.is_open;
    if (!is_proven && !sip::is_reliable(incoming.flow.protocol)) shorten(answer, *request);
    context_.stack.answer(incoming.transaction, answer);
}

/// RFC 3261 10.3 step 8; those of the device that asks come first.
void Registrar::append_contacts(std::string& headers, std::string_view aor,
                                const sip::Message& request) const {
    const auto slot = context_.resources.find(bindings_.package(), aor);
    if (slot == Resource::kNone) return;
    const bool with_gruus = supports(request, "gruu");
    for (const bool wants_own : {true, false}) {
        for (const auto& publication : context_.resources[slot].publications) {
            const auto* binding = binding_of(publication);
            if (!binding || (binding->call_id == request.call_id()) != wants_own) continue;
            append_contact(headers, publication, with_gruus);
        }
    }
}

/// RFC 5627 5.2.
void Registrar::append_contact(std::string& headers, const Publication& publication,
                               bool with_gruus) const {
    const auto& binding = *binding_of(publication);
    headers += "Contact: ";
    if (!binding.display_name.empty()) {
        headers.append("\"").append(binding.display_name).append("\" ");
    }
    headers.append("<").append(binding.contact).append(">");
    for (const auto& parameter : binding.parameters) headers.append(";").append(parameter);
    headers += ";expires=";
    base::append_number(headers, told_seconds(publication, context_.wall()));
    if (with_gruus && !binding.public_gruu.empty()) {
        headers += ";pub-gruu=\"" + binding.public_gruu + '"';
        headers += ";temp-gruu=\"" + binding.temporary_gruu + '"';
    }
    headers += "\r\n";
}

}  // namespace herald::server
