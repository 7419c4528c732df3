// server/hard_state.cpp: publications without expiry, set by operators; and publications of earlier
// runs.
#include <algorithm>

#include "base/log.h"
#include "server/compositor.h"

namespace herald::server {

namespace {

Result<packages::DocumentPtr> admit(const packages::Package& package,
                                    const packages::Document& document) {
    const auto& profile = package.profile();
    const auto& types = profile.publish_types;
    if (document.body.size() > profile.max_body) {
        return Fault{FaultKind::too_large, "The document is larger than this package takes"};
    }
    if (std::find(types.begin(), types.end(), document.type) == types.end()) {
        return Fault{FaultKind::unsupported_media, "This package does not take " + document.type};
    }
    return package.admit(document);
}

Publication* hard_publication(Resource& resource) {
    auto& all = resource.publications;
    const auto found = std::find_if(all.begin(), all.end(), [](const Publication& publication) {
        return publication.is_hard();
    });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

struct Compositor::HardChange {
    const packages::Package* package;
    std::string aor;
    packages::Document document;  ///< empty type: removal
    Done done;
    std::uint32_t slot = Resource::kNone;
    Publication next;
    std::uint64_t replaced = 0;

    bool is_removal() const noexcept { return document.type.empty(); }
};

void Compositor::put_hard_state(const packages::Package& package, std::string aor,
                                packages::Document document, Done done) {
    auto change = std::make_unique<HardChange>();
    change->package = &package;
    change->aor = std::move(aor);
    change->document = std::move(document);
    change->done = std::move(done);
    resume_hard_state(std::move(change));
}

void Compositor::resume_hard_state(std::unique_ptr<HardChange> change) {
    auto fail = [&](Fault fault) { change->done(std::move(fault)); };
    if (context_.port.is_full()) return fail({FaultKind::unavailable, "Busy; try again"});
    if (!change->is_removal()) {
        auto document = admit(*change->package, change->document);
        if (!document) return fail(document.fault());
        change->next.document = *std::move(document);
    }
    const auto slot = change->slot = context_.resources.obtain(*change->package, change->aor);
    auto& resource = context_.resources[slot];
    if (resource.is_changing) {
        const bool is_crowded = resource.waiting && resource.waiting->size() >= 32;
        if (is_crowded) return fail({FaultKind::unavailable, "Busy; try again"});
        publications_.wait(slot, [this, change = std::move(change)]() mutable {
            resume_hard_state(std::move(change));
        });
        return;
    }
    const auto* earlier = hard_publication(resource);
    if (!earlier && change->is_removal()) {
        fail({FaultKind::not_found, "Nothing is set here"});
        return context_.resources.drop_if_idle(slot);
    }
    change->replaced = earlier ? earlier->id : 0;
    store::Change row = store::RemovePublication{change->replaced, {}, {}, {}};
    if (!change->is_removal()) {
        auto& next = change->next;
        next.id = earlier ? earlier->id : context_.next_id();
        next.source = "hard";
        next.rank = packages::Rank::hard;
        next.arrived = context_.wall();
        next.entity_tag = base::random_token(16);
        next.type = change->document.type;
        next.body = change->document.body;
        row = store::PutPublication{row_of(*change->package, change->aor, next, {}), {}};
    }
    publications_.commit(slot, std::move(row),
                         [this, change = std::move(change)](store::Outcome outcome) {
                             apply_hard_state(*change, outcome);
                         });
}

void Compositor::apply_hard_state(HardChange& change, store::Outcome outcome) {
    const auto slot = change.slot;
    if (outcome == store::Outcome::committed) {
        if (change.is_removal()) {
            publications_.take_out(slot, change.replaced, packages::Cause::removed);
        } else {
            publications_.put(slot, std::move(change.next));
        }
        sender_.changed(slot);
    }
    change.done(status_of(outcome));
}

void Compositor::recover(store::Publication row, base::WallTime not_before) {
    store::RequestMark mark = row.mark;
    if (row.is_removed) {
        tombstones_.insert(context_.mark_of(mark));
        return;
    }
    const auto* package = packages::find(row.package);
    auto document =
        package ? package->admit({row.type, row.body})
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
    const auto slot = context_.resources.obtain(*package, row.aor);
    auto& place = context_.resources[slot].publications.emplace_back(std::move(publication));
    publications_.arm_expiry(slot, place, not_before);
}

}  // namespace herald::server
