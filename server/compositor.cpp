// server/compositor.cpp: what happens to a PUBLISH, and to hard state: gather, decide, commit,
// apply (RFC 3903 6).
#include "server/compositor.h"

#include <algorithm>

#include "base/hash128.h"
#include "base/log.h"
#include "server/answers.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kTagBytes = 16;

base::Counter& counter(base::Metrics& metrics, const char* what) {
    return metrics.counter("herald_publish_total", "PUBLISH requests granted, by what they did",
                           {{"did", what}});
}

}  // namespace

/// What becomes of memory once the change is durable.
struct Compositor::Applied {
    PublishOperation operation;
    Publication next;
    std::uint64_t replaced = 0;  ///< id of the publication this one takes the place of
};

Compositor::Compositor(Context& context, NotifySender& sender)
    : context_(context),
      sender_(sender),
      done_{&counter(context.metrics, "created"),  &counter(context.metrics, "refreshed"),
            &counter(context.metrics, "modified"), &counter(context.metrics, "removed"),
            &counter(context.metrics, "nothing"),  &counter(context.metrics, "repeated")},
      expired_(context.metrics.counter("herald_publications_expired_total",
                                       "Publications that ran out")),
      publish_time_(
          context.metrics.histogram("herald_publish_seconds", "From a PUBLISH to its 200")) {}

void Compositor::refuse(const Incoming& incoming, const sip::Answer& answer) {
    context_.stack.answer(incoming.transaction, answer);
}

ExpiryRules Compositor::expiry_rules() const {
    const auto& config = context_.config;
    return {config.publish_default_expires, config.publish_min_expires, config.publish_max_expires,
            false};
}

void Compositor::on_publish(sip::ServerTransactionId transaction, const sip::Message& request,
                            const sip::Flow& flow, const packages::Package& package) {
    Incoming incoming{transaction, &package, {}, {}, false, context_.loop.now()};
    if (context_.port.is_full())
        return context_.stack.answer_and_forget(transaction, unavailable("Busy"));
    if (package.profile().publish_types.empty()) return refuse(incoming, bad_event());
    auto result = context_.authenticator.authenticate(request, flow);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (!refusal->is_challenge) return refuse(incoming, refusal->answer);
        return context_.stack.answer_and_forget(transaction, refusal->answer);
    }
    incoming.who = std::get<Identity>(std::move(result));
    const auto uri = sip::parse_uri(request.request_uri());
    incoming.is_ours = uri && context_.domains.serves(*uri);
    incoming.aor = uri ? context_.domains.aor(*uri) : std::string();
    resume_publish(incoming);
}

void Compositor::resume_publish(const Incoming& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto slot = context_.resources.find(*incoming.package, incoming.aor);
    const auto* resource = slot == Resource::kNone ? nullptr : &context_.resources[slot];
    if (resource && resource->is_changing) {
        if (wait(slot, [this, incoming] { resume_publish(incoming); })) return;
        return refuse(incoming, unavailable("Busy"));
    }
    const auto mark = context_.mark_of(*request);
    if (tombstones_.count(mark) > 0) return accept(incoming, removal_tag(mark), 0);
    const auto owner = context_.accounts.find(incoming.aor);
    auto decision =
        decide(PublishFacts{.request = *request,
                            .package = *incoming.package,
                            .may_publish = may_publish(incoming.package->profile(), incoming.aor,
                                                       owner.get(), incoming.who),
                            .is_ours = incoming.is_ours,
                            .is_known = context_.knows(incoming.aor),
                            .resource = resource,
                            .mark = mark,
                            .supersedes = incoming.package->profile().publisher_supersedes &&
                                          is_publisher(incoming.who),
                            .publisher = incoming.who.aor,
                            .max_publications = context_.config.publish_per_resource,
                            .expiry = expiry_rules()});
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(incoming, *refusal);
    carry_out(incoming, *request, slot, std::get<PublishPlan>(std::move(decision)));
}

void Compositor::carry_out(const Incoming& incoming, const sip::Message& request,
                           std::uint32_t slot, PublishPlan plan) {
    if (plan.operation == PublishOperation::nothing)
        return accept(incoming, base::random_token(kTagBytes), 0);
    if (plan.operation == PublishOperation::repeat) {
        done_[static_cast<std::size_t>(plan.operation)]->add();
        return accept(incoming, plan.target->entity_tag, plan.target->granted);
    }
    if (slot == Resource::kNone) slot = context_.resources.obtain(*incoming.package, incoming.aor);
    Applied applied{plan.operation, {}, plan.target ? plan.target->id : 0};
    auto change = change_of(incoming, request, plan, applied.next);
    context_.resources[slot].is_changing = true;
    context_.port.commit(
        std::move(change),
        [this, incoming, slot, applied = std::make_unique<Applied>(std::move(applied))](
            store::Outcome outcome) { apply(incoming, slot, *applied, outcome); });
}

store::Change Compositor::change_of(const Incoming& incoming, const sip::Message& request,
                                    const PublishPlan& plan, Publication& next) {
    const auto* target = plan.target;
    const std::string expected = target ? target->entity_tag : std::string();
    next.entity_tag = base::random_token(kTagBytes);
    next.mark = context_.mark_of(request);
    next.granted = plan.expires;
    next.expires_at = context_.wall() + std::chrono::seconds(plan.expires);
    auto mark = context_.request_mark(request);
    if (plan.operation == PublishOperation::remove) {
        next.entity_tag = removal_tag(next.mark);
        return store::RemovePublication{target->id, expected, context_.wall() + kTombstoneLife,
                                        std::move(mark)};
    }
    if (plan.operation == PublishOperation::refresh) {
        return store::RefreshPublication{target->id,      expected,     next.entity_tag,
                                         next.expires_at, next.granted, std::move(mark)};
    }
    const bool is_modify = plan.operation == PublishOperation::modify;
    next.id = target ? target->id : context_.next_id();
    next.source = is_modify ? target->source : "p" + std::to_string(next.id);
    next.publisher = incoming.who.aor;
    next.rank = packages::Rank::published;
    next.arrived = context_.wall();
    next.document = plan.document;
    next.type = plan.type;
    next.body = request.body();
    return store::PutPublication{row_of(*incoming.package, incoming.aor, next, std::move(mark)),
                                 expected};
}

void Compositor::apply(const Incoming& incoming, std::uint32_t slot, Applied& applied,
                       store::Outcome outcome) {
    context_.resources[slot].is_changing = false;
    switch (outcome) {
        case store::Outcome::committed:
            accept(incoming, applied.next.entity_tag, applied.next.granted);
            publish_time_.observe(
                static_cast<std::uint64_t>((context_.loop.now() - incoming.arrived).count()));
            done_[static_cast<std::size_t>(applied.operation)]->add();
            apply_to(slot, applied);
            break;
        case store::Outcome::refused:
            refuse(incoming, answer(412));
            break;
        case store::Outcome::unavailable:
            refuse(incoming, unavailable("The store is not available"));
            break;
        case store::Outcome::unknown:
            context_.stack.abandon(incoming.transaction);
            break;
    }
    open_gate(slot);
    context_.resources.drop_if_idle(slot);
}

void Compositor::apply_to(std::uint32_t slot, Applied& applied) {
    auto& resource = context_.resources[slot];
    if (applied.operation == PublishOperation::refresh) {
        if (auto* target = resource.by_id(applied.replaced)) {
            target->entity_tag = std::move(applied.next.entity_tag);
            target->mark = applied.next.mark;
            target->granted = applied.next.granted;
            target->expires_at = applied.next.expires_at;
            arm_expiry(slot, *target, {});
        }
        return;
    }
    if (applied.operation == PublishOperation::remove) {
        take_out(slot, applied.replaced);
    } else {
        put_in_place(slot, std::move(applied.next));
    }
    sender_.changed(slot);
}

void Compositor::accept(const Incoming& incoming, std::string_view entity_tag,
                        std::uint32_t expires) {
    sip::Answer answer;
    answer.entity_tag = entity_tag;
    answer.expires = expires;
    context_.stack.answer(incoming.transaction, answer);
}

/// No state is left to keep a random tag in: the repetition of the request after a crash derives
/// the same one.
std::string Compositor::removal_tag(std::uint64_t mark) const {
    const auto hash =
        base::keyed_hash128(context_.home.lasting_key, "removed " + std::to_string(mark));
    return base::to_base32({reinterpret_cast<const char*>(&hash), sizeof hash});
}

void Compositor::put_in_place(std::uint32_t slot, Publication publication) {
    auto& resource = context_.resources[slot];
    auto* place = resource.by_id(publication.id);
    if (place) {
        context_.loop.timers().cancel(place->expiry);
        *place = std::move(publication);
    } else {
        place = &resource.publications.emplace_back(std::move(publication));
    }
    arm_expiry(slot, *place, {});
}

void Compositor::take_out(std::uint32_t slot, std::uint64_t id) {
    auto& publications = context_.resources[slot].publications;
    const auto found =
        std::find_if(publications.begin(), publications.end(),
                     [&](const Publication& publication) { return publication.id == id; });
    if (found == publications.end()) return;
    context_.loop.timers().cancel(found->expiry);
    publications.erase(found);
}

void Compositor::arm_expiry(std::uint32_t slot, Publication& publication,
                            base::WallTime not_before) {
    auto& timers = context_.loop.timers();
    timers.cancel(publication.expiry);
    if (publication.is_hard()) return;
    publication.expiry = timers.arm(context_.lapse_of(publication.expires_at, not_before),
                                    [this, slot, id = publication.id] { on_expiry(slot, id); });
}

/// RFC 3903 6: an expired publication is removed and its watchers are told.
void Compositor::on_expiry(std::uint32_t slot, std::uint64_t id) {
    auto& resource = context_.resources[slot];
    auto* publication = resource.by_id(id);
    if (!publication) return;
    publication->expiry = {};
    if (resource.is_changing) {
        if (wait(slot, [this, slot, id] { on_expiry(slot, id); })) return;
        publication->expiry = context_.loop.timers().arm(context_.loop.now() + kExpiryRetry,
                                                         [this, slot, id] { on_expiry(slot, id); });
        return;
    }
    if (publication->expires_at > context_.wall() + kExpiryRetry)
        return arm_expiry(slot, *publication, {});
    resource.is_changing = true;
    store::RemovePublication change{id, publication->entity_tag, {}, {}};
    context_.port.commit(std::move(change), [this, slot, id](store::Outcome outcome) {
        auto& changed = context_.resources[slot];
        changed.is_changing = false;
        if (outcome == store::Outcome::unavailable || outcome == store::Outcome::unknown) {
            if (auto* late = changed.by_id(id)) {
                late->expiry = context_.loop.timers().arm(
                    context_.loop.now() + kExpiryRetry, [this, slot, id] { on_expiry(slot, id); });
            }
        } else {
            expired_.add();
            take_out(slot, id);
            sender_.changed(slot);
        }
        open_gate(slot);
        context_.resources.drop_if_idle(slot);
    });
}

bool Compositor::wait(std::uint32_t slot, base::Task<void()>&& work) {
    auto& waiting = context_.resources[slot].waiting;
    if (!waiting) waiting = std::make_unique<std::deque<base::Task<void()>>>();
    if (waiting->size() >= kMostWaiting) return false;
    waiting->push_back(std::move(work));
    return true;
}

void Compositor::open_gate(std::uint32_t slot) {
    while (true) {
        auto& resource = context_.resources[slot];
        if (resource.is_changing || !resource.waiting) return;
        auto work = std::move(resource.waiting->front());
        resource.waiting->pop_front();
        if (resource.waiting->empty()) resource.waiting.reset();
        // Held while it works: nothing may drop the resource under it.
        resource.is_held = true;
        work();
        context_.resources[slot].is_held = false;
    }
}

}  // namespace herald::server
