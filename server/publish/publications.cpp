// server/publish/publications.cpp: the publications of a shard's resources: one durable change of a
// resource at a time, and their expiry (RFC 3903 6).
#include "server/publish/publications.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/id.h"
#include "server/core/duration.h"
#include "server/publish/kept_document.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostWaiting = 64;

}  // namespace

Status status_of(store::Outcome outcome) {
    switch (outcome) {
        case store::Outcome::committed:
            return {};
        case store::Outcome::refused:
            return Fault{FaultKind::conflict, "It was changed meanwhile"};
        case store::Outcome::unavailable:
            return Fault{FaultKind::unavailable, "The store is not available"};
        case store::Outcome::unknown:
            return Fault{FaultKind::unknown_outcome,
                         "The store did not say whether it was written"};
    }
    return {};
}

base::WallTime copies_until(const Publication& publication, base::WallTime now) noexcept {
    if (publication.rank != packages::Rank::published || !publication.is_stored()) return {};
    const auto asked = publication.expires_at - std::chrono::seconds(publication.granted);
    return asked + kTombstoneLife > now ? asked + kTombstoneLife : base::WallTime{};
}

bool Publications::wait(std::uint32_t slot, base::Task<void()>&& work) {
    auto& waiting = context_.resources[slot].waiting;
    if (!waiting) waiting = std::make_unique<std::deque<base::Task<void()>>>();
    if (waiting->size() >= kMostWaiting) return false;
    waiting->push_back(std::move(work));
    return true;
}

void Publications::commit(std::uint32_t slot, store::Change change,
                          base::Task<void(store::Outcome)> apply) {
    context_.resources[slot].is_changing = true;
    if (!std::holds_alternative<store::RefreshPublication>(change)) void_confirmation(slot);
    context_.port.commit(std::move(change),
                         [this, slot, apply = std::move(apply)](store::Outcome outcome) mutable {
                             context_.resources[slot].is_changing = false;
                             apply(outcome);
                             open_gate(slot);
                             context_.resources.drop_if_idle(slot);
                         });
}

/// What watchers were told before is not what they are about to be told. Handed over in the same
/// turn, before the change: durable with it, never after it.
void Publications::void_confirmation(std::uint32_t slot) {
    const auto& resource = context_.resources[slot];
    if (resource.confirmed_fingerprint == 0) return;
    context_.port.commit(store::PutConfirmation{{std::string(resource.package->profile().event),
                                                 resource.aor, 0, 0}},
                         [this, slot](store::Outcome outcome) {
                             // The change that follows keeps the resource in its place.
                             if (outcome == store::Outcome::committed)
                                 context_.resources[slot].confirmed_fingerprint = 0;
                         });
}

void Publications::open_gate(std::uint32_t slot) {
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

void Publications::weigh(Publication& publication) const {
    if (publication.share || !publication.is_stored()) return;
    publication.share = context_.limits.publications.hold(
        context_.limits.holder(publication.publisher), weight_of(publication.body.size()));
}

void Publications::put(std::uint32_t slot, Publication publication) {
    weigh(publication);
    auto& resource = context_.resources[slot];
    auto* place = publication.is_stored() ? resource.by_id(publication.id)
                                          : resource.unstored_by(publication.source);
    if (publication.document) {
        publication.document = resource.package->date_items(std::move(publication.document),
                                                            place ? place->document.get() : nullptr,
                                                            resource.version + 1);
    }
    if (place) {
        leaving_.tell(slot, *place, packages::Cause::refreshed);
        resource.note_departure(*place, packages::Cause::removed, 0);
        context_.loop.timers().cancel(place->expiry);
        *place = std::move(publication);
    } else {
        place = &add(slot, std::move(publication));
    }
    place->changed = resource.version + 1;
    arm_expiry(slot, *place, {});
}

Publication& Publications::add(std::uint32_t slot, Publication publication) {
    context_.resources.counters(slot).publications.add();
    return context_.resources[slot].publications.emplace_back(std::move(publication));
}

void Publications::restore(std::uint32_t slot, Publication publication, base::WallTime not_before) {
    arm_expiry(slot, add(slot, std::move(publication)), not_before);
}

store::Change Publications::ending_of(std::uint32_t slot, store::RemovePublication removal,
                                      Ending& ending) {
    auto& resource = context_.resources[slot];
    ending.id = removal.id;
    const auto* ended = resource.by_id(removal.id);
    const auto* settings = context_.resources.settings(*resource.package);
    if (ended) {
        ending.remains = remains_of(*ended, ending.cause,
                                    {*resource.package, &resource, settings, context_.wall()});
    }
    if (!ending.remains) return removal;
    auto& remains = *ending.remains;
    // The same request again, after a crash, is known by its mark.
    remains.mark = context_.mark_of(removal.mark);
    remains.entity_tag =
        ending.entity_tag.empty() ? base::random_token(kEntityTagBytes) : ending.entity_tag;
    return store::PutPublication{
        row_of(*resource.package, resource.aor, remains, std::move(removal.mark)),
        std::move(removal.expected_tag)};
}

void Publications::end(std::uint32_t slot, Ending ending) {
    if (!ending.remains) return take_out(slot, ending.id, ending.cause);
    put(slot, *std::move(ending.remains));
}

void Publications::take_out(std::uint32_t slot, std::uint64_t id, packages::Cause cause,
                            std::uint32_t retry_after) {
    take_out_if(
        slot, [id](const Publication& publication) { return publication.id == id; }, cause,
        retry_after);
}

void Publications::take_out_unstored(std::uint32_t slot, std::string_view source,
                                     packages::Cause cause) {
    take_out_if(
        slot,
        [source](const Publication& publication) {
            return !publication.is_stored() && publication.source == source;
        },
        cause, 0);
}

template <class Matches>
void Publications::take_out_if(std::uint32_t slot, Matches matches, packages::Cause cause,
                               std::uint32_t retry_after) {
    auto& resource = context_.resources[slot];
    auto& publications = resource.publications;
    const auto found = std::find_if(publications.begin(), publications.end(), matches);
    if (found == publications.end()) return;
    leaving_.tell(slot, *found, cause);
    resource.note_departure(*found, cause, retry_after);
    context_.loop.timers().cancel(found->expiry);
    recovered_.erase(found->id);
    publications.erase(found);
    context_.resources.counters(slot).publications.subtract();
}

void Publications::forget(std::uint32_t slot) {
    for (auto& each : context_.resources[slot].publications) {
        context_.loop.timers().cancel(each.expiry);
        recovered_.erase(each.id);
    }
    context_.resources.erase(slot);
}

void Publications::arm_expiry(std::uint32_t slot, Publication& publication,
                              base::WallTime not_before) {
    if (not_before == base::WallTime{}) {
        recovered_.erase(publication.id);
    } else {
        recovered_.insert(publication.id);
    }
    arm(slot, publication, not_before);
}

void Publications::arm(std::uint32_t slot, Publication& publication, base::WallTime not_before) {
    if (publication.is_permanent()) return context_.loop.timers().cancel(publication.expiry);
    context_.expiry().arm(publication.expiry, publication.expires_at + kExpiryGrace, not_before,
                          [this, slot, id = publication.id] { on_expiry(slot, id); });
}

void Publications::on_clock_step(base::Duration ahead) {
    const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    context_.resources.for_each([&](std::uint32_t slot, Resource& resource) {
        for (auto& each : resource.publications) {
            if (each.is_permanent()) continue;
            if (is_recovered(each.id)) {
                arm(slot, each, context_.wall());
            } else {
                each.expires_at += step;
            }
        }
        // What says until when it holds is judged by the clock too.
        if (resource.stale_at != base::WallTime{}) context_.fan_out.changed(slot);
    });
}

void Publications::try_expiry_again(std::uint32_t slot, Publication& publication) {
    context_.expiry().retry(publication.expiry,
                            [this, slot, id = publication.id] { on_expiry(slot, id); });
}

/// RFC 3903 6: an expired publication is removed and its watchers are told. A copy of what made it
/// does not make it again.
void Publications::on_expiry(std::uint32_t slot, std::uint64_t id) {
    auto& resource = context_.resources[slot];
    auto* publication = resource.by_id(id);
    if (!publication) return;
    publication->expiry = {};
    if (context_.rest.is_at_rest(resource.cell)) {
        return context_.expiry().wait(publication->expiry,
                                      [this, slot, id] { on_expiry(slot, id); });
    }
    if (resource.is_changing) {
        if (wait(slot, [this, slot, id] { on_expiry(slot, id); })) return;
        return try_expiry_again(slot, *publication);
    }
    if (context_.expiry().is_early(publication->expires_at + kExpiryGrace))
        return arm(slot, *publication, {});
    const auto* settings = context_.resources.settings(*resource.package);
    if (const auto until = remembered_on_until(
            *publication, {*resource.package, &resource, settings, context_.wall()}))
        return remember_on(slot, *publication, *until);
    auto ending = std::make_unique<Ending>(Ending{id, packages::Cause::expired});
    const auto keep_until = copies_until(*publication, context_.wall());
    auto change = ending_of(slot, {id, publication->entity_tag, keep_until, {}}, *ending);
    commit(slot, std::move(change),
           [this, slot, ending = std::move(ending)](store::Outcome outcome) {
               apply_expiry(slot, *ending, outcome);
           });
}

/// Under the tag it has, which nobody may use: a try of unknown fate is good for the next one.
void Publications::remember_on(std::uint32_t slot, const Publication& remembered,
                               base::WallTime until) {
    commit(slot,
           store::RefreshPublication{remembered.id,
                                     remembered.entity_tag,
                                     remembered.entity_tag,
                                     until,
                                     remembered.granted,
                                     {}},
           [this, slot, id = remembered.id, until](store::Outcome outcome) {
               apply_remembered(slot, id, until, outcome);
           });
}

/// A row that refuses has another tag, by a change of unknown fate: a start finds it so, and comes
/// here again.
void Publications::apply_remembered(std::uint32_t slot, std::uint64_t id, base::WallTime until,
                                    store::Outcome outcome) {
    auto* remembered = context_.resources[slot].by_id(id);
    if (!remembered) return;
    if (is_to_be_retried(outcome)) return try_expiry_again(slot, *remembered);
    remembered->expires_at = until;
    arm_expiry(slot, *remembered, {});
}

void Publications::apply_expiry(std::uint32_t slot, Ending& ending, store::Outcome outcome) {
    if (is_to_be_retried(outcome)) {
        if (auto* late = context_.resources[slot].by_id(ending.id)) try_expiry_again(slot, *late);
        return;
    }
    context_.resources.counters(slot).publications_expired.add();
    end(slot, std::move(ending));
    context_.fan_out.changed(slot);
}

}  // namespace herald::server
