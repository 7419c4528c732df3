// server/publish/publication_expiry.cpp: when publications run out, and what becomes of them then.
#include "server/publish/publication_expiry.h"

#include <chrono>
#include <memory>
#include <utility>

#include "server/core/duration.h"
#include "server/publish/kept_document.h"
#include "server/publish/publications.h"

namespace herald::server {

void PublicationExpiry::arm(std::uint32_t slot, Publication& publication,
                            base::WallTime not_before) {
    if (not_before == base::WallTime{}) {
        recovered_.erase(publication.id);
    } else {
        recovered_.insert(publication.id);
    }
    set_timer(slot, publication, not_before);
}

void PublicationExpiry::set_timer(std::uint32_t slot, Publication& publication,
                                  base::WallTime not_before) {
    if (publication.is_permanent()) return context_.loop.timers().cancel(publication.expiry);
    context_.expiry().arm(publication.expiry, publication.expires_at + kExpiryGrace, not_before,
                          [this, slot, id = publication.id] { on_expiry(slot, id); });
}

void PublicationExpiry::forget(Publication& publication) {
    context_.loop.timers().cancel(publication.expiry);
    recovered_.erase(publication.id);
}

void PublicationExpiry::on_clock_step(base::Duration ahead) {
    const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    context_.resources.for_each([&](std::uint32_t slot, Resource& resource) {
        for (auto& each : resource.publications) {
            if (each.is_permanent()) continue;
            if (is_recovered(each.id)) {
                set_timer(slot, each, context_.wall());
            } else {
                each.expires_at += step;
            }
        }
        // What says until when it holds is judged by the clock too.
        if (resource.stale_at != base::WallTime{}) context_.fan_out.changed(slot);
    });
}

void PublicationExpiry::try_again(std::uint32_t slot, std::uint64_t id) {
    auto* late = context_.resources[slot].by_id(id);
    if (!late) return;
    context_.expiry().retry(late->expiry, [this, slot, id] { on_expiry(slot, id); });
}

void PublicationExpiry::on_expiry(std::uint32_t slot, std::uint64_t id) {
    auto& resource = context_.resources[slot];
    auto* publication = resource.by_id(id);
    if (!publication) return;
    publication->expiry = {};
    if (context_.rest.is_at_rest(resource.cell)) {
        return context_.expiry().wait(publication->expiry,
                                      [this, slot, id] { on_expiry(slot, id); });
    }
    if (resource.is_changing) {
        if (publications_.wait(slot, [this, slot, id] { on_expiry(slot, id); })) return;
        return try_again(slot, id);
    }
    if (context_.expiry().is_early(publication->expires_at + kExpiryGrace))
        return set_timer(slot, *publication, {});
    const auto* settings = context_.resources.settings(*resource.package);
    const auto until = remembered_on_until(
        *publication, {*resource.package, &resource, settings, context_.wall()});
    until ? remember_on(slot, *publication, *until) : expire(slot, *publication);
}

/// RFC 3903 6: an expired publication is removed and its watchers are told. A copy of what made it
/// does not make it again.
void PublicationExpiry::expire(std::uint32_t slot, const Publication& publication) {
    auto ending = std::make_unique<Publications::Ending>();
    ending->cause = packages::Cause::expired;
    const auto keep_until = copies_until(publication, context_.wall());
    auto change = publications_.ending_of(
        slot, {publication.id, publication.entity_tag, keep_until, {}}, *ending);
    publications_.commit(slot, std::move(change),
                         [this, slot, ending = std::move(ending)](store::Outcome outcome) {
                             if (is_to_be_retried(outcome)) return try_again(slot, ending->id);
                             context_.resources.counters(slot).publications_expired.add();
                             publications_.end(slot, std::move(*ending));
                             context_.fan_out.changed(slot);
                         });
}

/// Under the tag it has, which nobody may use: a try of unknown fate is good for the next one.
void PublicationExpiry::remember_on(std::uint32_t slot, const Publication& remembered,
                                    base::WallTime until) {
    publications_.commit(slot,
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
void PublicationExpiry::apply_remembered(std::uint32_t slot, std::uint64_t id, base::WallTime until,
                                         store::Outcome outcome) {
    if (is_to_be_retried(outcome)) return try_again(slot, id);
    auto* remembered = context_.resources[slot].by_id(id);
    if (!remembered) return;
    remembered->expires_at = until;
    arm(slot, *remembered, {});
}

}  // namespace herald::server
