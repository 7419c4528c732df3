// server/publish/publications.cpp: the publications of a shard's resources, and one durable change
// of a resource at a time.
#include "server/publish/publications.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/id.h"
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
    expiry_.arm(slot, *place, {});
}

Publication& Publications::add(std::uint32_t slot, Publication publication) {
    context_.resources.counters(slot).publications.add();
    return context_.resources[slot].publications.emplace_back(std::move(publication));
}

void Publications::restore(std::uint32_t slot, Publication publication, base::WallTime not_before) {
    expiry_.arm(slot, add(slot, std::move(publication)), not_before);
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
    expiry_.forget(*found);
    publications.erase(found);
    context_.resources.counters(slot).publications.subtract();
}

void Publications::forget(std::uint32_t slot) {
    for (auto& each : context_.resources[slot].publications) expiry_.forget(each);
    context_.resources.erase(slot);
}

}  // namespace herald::server
