// server/publish/compositor.cpp: what happens to a PUBLISH: gather, decide, commit, apply (RFC 3903
// 6).
#include "server/publish/compositor.h"

#include <algorithm>

#include "base/hash128.h"
#include "base/log.h"
#include "server/access/authorize.h"
#include "server/core/answers.h"
#include "server/core/no_room.h"
#include "server/core/publication_source.h"

namespace herald::server {

namespace {

PublishDone done_by(PublishOperation operation) {
    static_assert(static_cast<int>(PublishOperation::repeat) ==
                  static_cast<int>(PublishDone::repeated));
    return static_cast<PublishDone>(operation);
}

base::Budget::Most most_of(const Config& config) {
    return {.bytes = config.publish_memory, .bytes_each = config.publish_memory_per_source};
}

bool brings_document(PublishOperation operation) {
    return operation == PublishOperation::initial || operation == PublishOperation::modify;
}

/// A PBX has one publication of each user, a user one for each device, behind a trusted proxy too.
bool is_publisher_for_others(const Identity& who, std::string_view aor) {
    return is_publisher(who) && who.aor != aor;
}

}  // namespace

/// What becomes of memory once the change is durable.
struct Compositor::Applied {
    sip::ServerTransactionId transaction;
    std::string success_lines;
    base::Instant arrived;
    PublishOperation operation;
    Publication next;
    std::uint64_t replaced = 0;     ///< id of the publication this one takes the place of
    Publications::Ending ending{};  ///< of a removal
};

Compositor::Compositor(Context& context, Publications& publications)
    : context_(context),
      publications_(publications),
      put_right_(context.metrics),
      publish_time_(
          context.metrics.histogram("herald_publish_seconds", "From a PUBLISH to its 200")) {
    publications_.on_leaving(
        [this](std::uint32_t slot, const Publication& publication, packages::Cause cause) {
            note_removal(slot, publication, cause);
        });
}

/// A copy of what made it, in the last run, does not make it again in this one.
void Compositor::note_removal(std::uint32_t slot, const Publication& publication,
                              packages::Cause cause) {
    const bool has_run_out = cause == packages::Cause::expired &&
                             copies_until(publication, context_.wall()) != base::WallTime{};
    if (!expects_copies_ || (cause != packages::Cause::removed && !has_run_out)) return;
    const auto cell = context_.cell_of(context_.resources[slot].aor);
    for (const auto maker : makers_of(publication.source)) tombstones_.emplace(maker, cell);
}

void Compositor::refuse(const Incoming& incoming, const sip::Answer& answer) {
    context_.stack.answer(incoming.transaction, answer);
}

std::size_t Compositor::most_publications(const Incoming& incoming) const {
    const std::size_t usual = context_.config.publish_per_resource;
    return is_publisher(incoming.who)
               ? std::max(usual, incoming.package->profile().max_publications)
               : usual;
}

ExpiryRules Compositor::expiry_rules() const {
    const auto& config = context_.config;
    return {config.publish_default_expires, config.publish_min_expires, config.publish_max_expires,
            false};
}

void Compositor::on_publish(const Request& request) {
    Incoming incoming{.transaction = request.id,
                      .package = request.package,
                      .aor = request.subject.aor,
                      .is_ours = request.subject.is_ours,
                      .is_nobody = request.subject.is_nobody,
                      .arrived = context_.loop.now()};
    if (context_.port.is_full())
        return context_.stack.answer_and_forget(request.id, unavailable("Busy"));
    if (request.package->profile().publish_types.empty()) return refuse(incoming, bad_event());
    auto result = context_.authenticator.authenticate(request.message, request.flow,
                                                      request.event->type, &*request.from);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (!refusal->is_challenge) return refuse(incoming, refusal->answer);
        return context_.stack.answer_and_forget(request.id, refusal->answer);
    }
    incoming.who = std::get<Identity>(std::move(result));
    incoming.mark = context_.mark_of(request.message);
    incoming.holder = context_.limits.holder(incoming.who, request.flow.peer);
    resume_publish(incoming);
}

void Compositor::resume_publish(const Incoming& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto slot = context_.resources.find(*incoming.package, incoming.aor);
    const auto* resource = slot == Resource::kNone ? nullptr : &context_.resources[slot];
    if (resource && resource->is_changing) {
        if (publications_.wait(slot, [this, incoming] { resume_publish(incoming); })) return;
        return refuse(incoming, not_now("Busy"));
    }
    if (tombstones_.count(incoming.mark) > 0)
        return accept(incoming.transaction, incoming.who.success_lines, removal_tag(incoming.mark),
                      0);
    const auto owner = context_.accounts.find(incoming.aor);
    auto decision = decide_publish(PublishFacts{
        .request = *request,
        .package = *incoming.package,
        .may_publish =
            may_publish(incoming.package->profile(), incoming.aor, owner.get(), incoming.who),
        .is_ours = incoming.is_ours,
        .is_known = !incoming.is_nobody && context_.knows(incoming.aor),
        .resource = resource,
        .mark = incoming.mark,
        .supersedes = incoming.package->profile().publisher_supersedes &&
                      is_publisher_for_others(incoming.who, incoming.aor),
        .publisher = incoming.who.aor,
        .max_publications = most_publications(incoming),
        .expiry = expiry_rules(),
        .settings = context_.resources.settings(*incoming.package),
        .now = context_.wall()});
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(incoming, *refusal);
    carry_out(incoming, *request, slot, std::get<PublishPlan>(std::move(decision)));
}

void Compositor::carry_out(const Incoming& incoming, const sip::Message& request,
                           std::uint32_t slot, PublishPlan plan) {
    if (plan.operation == PublishOperation::nothing)
        return accept(incoming.transaction, incoming.who.success_lines,
                      base::random_token(kEntityTagBytes), 0);
    if (plan.operation == PublishOperation::repeat) {
        context_.resources.counters(slot).of(PublishDone::repeated).add();
        return accept(incoming.transaction, incoming.who.success_lines, plan.target->entity_tag,
                      plan.target->granted);
    }
    auto share = share_of(incoming, plan);
    if (!share && brings_document(plan.operation))
        return refuse(incoming, no_room(context_.limits.publications, incoming.holder,
                                        weight_of(plan.body.size()), most_of(context_.config),
                                        "publications"));
    if (plan.document) put_right_.count(*incoming.package, *plan.document);
    if (slot == Resource::kNone) slot = context_.resources.obtain(*incoming.package, incoming.aor);
    auto applied = std::make_unique<Applied>(Applied{incoming.transaction,
                                                     incoming.who.success_lines,
                                                     incoming.arrived,
                                                     plan.operation,
                                                     {},
                                                     plan.target ? plan.target->id : 0});
    applied->next.share = std::move(share);
    auto change = change_of(incoming, request, slot, plan, *applied);
    publications_.commit(slot, std::move(change),
                         [this, slot, applied = std::move(applied)](store::Outcome outcome) {
                             apply(slot, *applied, outcome);
                         });
}

/// Of the memory for publications; null: there is none left, or none is needed.
base::Budget::Share Compositor::share_of(const Incoming& incoming, const PublishPlan& plan) const {
    if (!brings_document(plan.operation)) return nullptr;
    return context_.limits.publications.take(incoming.holder, weight_of(plan.body.size()),
                                             most_of(context_.config));
}

store::Change Compositor::change_of(const Incoming& incoming, const sip::Message& request,
                                    std::uint32_t slot, PublishPlan& plan, Applied& applied) {
    auto& next = applied.next;
    const auto* target = plan.target;
    std::string expected = target ? target->entity_tag : std::string();
    next.entity_tag = base::random_token(kEntityTagBytes);
    next.mark = incoming.mark;
    next.granted = plan.expires;
    next.expires_at = context_.wall() + std::chrono::seconds(plan.expires);
    auto mark = context_.request_mark(request);
    if (plan.operation == PublishOperation::remove) {
        applied.ending.entity_tag = next.entity_tag = removal_tag(next.mark);
        return publications_.ending_of(
            slot,
            {target->id, std::move(expected), context_.wall() + kTombstoneLife, std::move(mark)},
            applied.ending);
    }
    if (plan.operation == PublishOperation::refresh) {
        return store::RefreshPublication{target->id,      std::move(expected), next.entity_tag,
                                         next.expires_at, next.granted,        std::move(mark)};
    }
    const bool is_modify = plan.operation == PublishOperation::modify;
    next.id = target ? target->id : context_.new_row(incoming.aor);
    next.source = is_modify ? target->source
                            : source_made_by(store::counter_of(next.id), next.mark,
                                             target ? target->source : "");
    next.publisher = incoming.who.aor;
    next.rank = packages::Rank::published;
    next.arrived = context_.wall();
    next.document = std::move(plan.document);
    next.type = std::move(plan.type);
    next.body = std::move(plan.body);
    return store::PutPublication{row_of(*incoming.package, incoming.aor, next, std::move(mark)),
                                 std::move(expected)};
}

void Compositor::apply(std::uint32_t slot, Applied& applied, store::Outcome outcome) {
    const auto refuse = [&](const sip::Answer& refusal) {
        context_.stack.answer(applied.transaction, refusal);
    };
    switch (outcome) {
        case store::Outcome::committed:
            accept(applied.transaction, applied.success_lines, applied.next.entity_tag,
                   applied.next.granted);
            publish_time_.observe(
                static_cast<std::uint64_t>((context_.loop.now() - applied.arrived).count()));
            context_.resources.counters(slot).of(done_by(applied.operation)).add();
            apply_to(slot, applied);
            break;
        case store::Outcome::refused:
            refuse(answer(412));
            break;
        case store::Outcome::unavailable:
            refuse(unavailable("The store is not available"));
            break;
        case store::Outcome::unknown:
            context_.stack.abandon(applied.transaction);
            break;
    }
}

void Compositor::apply_to(std::uint32_t slot, Applied& applied) {
    auto& resource = context_.resources[slot];
    if (applied.operation == PublishOperation::refresh) {
        if (auto* target = resource.by_id(applied.replaced)) {
            target->entity_tag = std::move(applied.next.entity_tag);
            target->mark = applied.next.mark;
            target->granted = applied.next.granted;
            target->expires_at = applied.next.expires_at;
            publications_.expiry().arm(slot, *target, {});
        }
        return;
    }
    if (applied.operation == PublishOperation::remove) {
        publications_.end(slot, std::move(applied.ending));
    } else {
        publications_.put(slot, std::move(applied.next));
    }
    context_.fan_out.changed(slot, applied.arrived);
}

void Compositor::accept(sip::ServerTransactionId transaction, std::string_view success_lines,
                        std::string_view entity_tag, std::uint32_t expires) {
    sip::Answer answer;
    answer.headers = success_lines;
    answer.entity_tag = entity_tag;
    answer.expires = expires;
    context_.stack.answer(transaction, answer);
}

/// No state is left that could keep a random tag: the same request repeated after a crash derives
/// the same one.
std::string Compositor::removal_tag(std::uint64_t mark) const {
    const auto hash =
        base::keyed_hash128(context_.home.lasting_key, "removed " + std::to_string(mark));
    return base::to_base32({reinterpret_cast<const char*>(&hash), sizeof hash});
}

void Compositor::recover(store::Publication row, base::WallTime not_before) {
    store::RequestMark mark = row.mark;
    if (row.is_removed) {
        const auto cell = context_.cell_of(row.aor);
        tombstones_.emplace(context_.mark_of(mark), cell);
        // A copy of what made it does not make it again.
        for (const auto maker : makers_of(row.source)) tombstones_.emplace(maker, cell);
        return;
    }
    const auto* package = packages::find(row.package);
    auto document =
        package ? package->admit({row.type, row.body}, context_.resources.settings(*package))
                : Result<packages::DocumentPtr>(Fault{FaultKind::unknown_event, row.package});
    if (!document) {
        base::log_warning(
            "publication.skipped",
            {{"resource", row.aor}, {"package", row.package}, {"why", document.fault().detail}});
        return;
    }
    Publication publication;
    publication.id = row.id;
    publication.mark = context_.mark_of(mark);
    publication.entity_tag = std::move(row.entity_tag);
    publication.source = std::move(row.source);
    publication.publisher = std::move(row.publisher);
    publication.rank = static_cast<packages::Rank>(row.rank);
    publication.arrived = row.arrived;
    publication.expires_at = row.expires_at;
    publication.granted = row.granted;
    publication.document = *std::move(document);
    publication.type = std::move(row.type);
    publication.body = std::move(row.body);
    publications_.weigh(publication);
    const auto slot = context_.resources.obtain(*package, row.aor);
    publications_.restore(slot, std::move(publication), not_before);
}

}  // namespace herald::server
