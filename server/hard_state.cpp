// server/hard_state.cpp: publications without expiry, set by operators; and publications of earlier
// runs.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "server/compositor.h"

namespace herald::server {

namespace {

constexpr std::size_t kTagBytes = 16;

Result<packages::DocumentPtr> admit(const packages::Package& package,
                                    const packages::Document& document) {
    const auto& profile = package.profile();
    const auto& types = profile.publish_types;
    if (document.body.size() > profile.max_body) {
        return Fault{FaultKind::too_large, "The document is larger than this package takes"};
    }
    if (std::find(types.begin(), types.end(), document.type) == types.end()) {
        std::string wanted;
        for (const auto type : types) (wanted += wanted.empty() ? "" : " or ") += type;
        const auto given = document.type.empty() ? "no media type" : document.type;
        return Fault{FaultKind::unsupported_media,
                     "This package does not take " + given + ", want " + wanted};
    }
    return package.admit(document);
}

bool names(const std::vector<std::string>& tags, const std::string& tag) {
    return std::any_of(tags.begin(), tags.end(),
                       [&](const auto& each) { return each == "*" || each == tag; });
}

}  // namespace

bool is_any_of(const HardCondition& condition, const std::string* entity_tag) {
    return condition.any_of.empty() || (entity_tag && names(condition.any_of, *entity_tag));
}

bool is_none_of(const HardCondition& condition, const std::string* entity_tag) {
    return !entity_tag || !names(condition.none_of, *entity_tag);
}

struct Compositor::HardChange {
    HardOrder order;
    HardDone done;
    std::uint32_t slot = Resource::kNone;
    Publication next;
    std::uint64_t replaced = 0;

    bool is_removal() const noexcept { return !order.document.has_value(); }
};

const Publication* Compositor::hard_state(const packages::Package& package,
                                          std::string_view aor) const {
    const auto slot = context_.resources.find(package, aor);
    if (slot == Resource::kNone) return nullptr;
    const auto& all = context_.resources[slot].publications;
    const auto found = std::find_if(all.begin(), all.end(), [](const Publication& publication) {
        return publication.source == kHardSource;
    });
    return found == all.end() ? nullptr : &*found;
}

void Compositor::change_hard_state(HardOrder order, HardDone done) {
    auto change = std::make_unique<HardChange>();
    change->order = std::move(order);
    change->done = std::move(done);
    resume_hard_state(std::move(change));
}

void Compositor::resume_hard_state(std::unique_ptr<HardChange> change) {
    auto fail = [&](Fault fault) { change->done(std::move(fault)); };
    if (context_.port.is_full()) return fail({FaultKind::unavailable, "Busy; try again"});
    if (!change->is_removal()) {
        auto document = admit(*change->order.package, *change->order.document);
        if (!document) return fail(document.fault());
        change->next.document = *std::move(document);
    }
    const auto& order = change->order;
    const auto slot = change->slot = context_.resources.obtain(*order.package, order.aor);
    auto& resource = context_.resources[slot];
    if (resource.is_changing) {
        const bool is_crowded = resource.waiting && resource.waiting->size() >= 32;
        if (is_crowded) return fail({FaultKind::unavailable, "Busy; try again"});
        publications_.wait(slot, [this, change = std::move(change)]() mutable {
            resume_hard_state(std::move(change));
        });
        return;
    }
    const auto* earlier = hard_state(*order.package, order.aor);
    if (const auto refusal = refusal_of(*change, earlier)) {
        fail(*refusal);
        return context_.resources.drop_if_idle(slot);
    }
    auto row = row_of_change(*change, earlier);
    publications_.commit(slot, std::move(row),
                         [this, change = std::move(change)](store::Outcome outcome) {
                             apply_hard_state(*change, outcome);
                         });
}

std::optional<Fault> Compositor::refusal_of(const HardChange& change,
                                            const Publication* earlier) const {
    const auto* tag = earlier ? &earlier->entity_tag : nullptr;
    if (!is_any_of(change.order.condition, tag) || !is_none_of(change.order.condition, tag)) {
        return Fault{FaultKind::precondition_failed,
                     earlier ? "What is set here has the entity-tag \"" + *tag + "\""
                             : std::string("Nothing is set here")};
    }
    if (!earlier && change.is_removal()) return Fault{FaultKind::not_found, "Nothing is set here"};
    return std::nullopt;
}

store::Change Compositor::row_of_change(HardChange& change, const Publication* earlier) {
    change.replaced = earlier ? earlier->id : 0;
    if (change.is_removal())
        return store::RemovePublication{change.replaced, earlier->entity_tag, {}, {}};
    auto& next = change.next;
    next.id = earlier ? earlier->id : context_.next_id();
    next.source = kHardSource;
    next.rank = packages::Rank::hard;
    next.arrived = context_.wall();
    next.entity_tag = base::random_token(kTagBytes);
    next.type = change.order.document->type;
    next.body = change.order.document->body;
    return store::PutPublication{row_of(*change.order.package, change.order.aor, next, {}),
                                 earlier ? earlier->entity_tag : std::string()};
}

void Compositor::apply_hard_state(HardChange& change, store::Outcome outcome) {
    const auto slot = change.slot;
    if (outcome != store::Outcome::committed) return change.done(status_of(outcome).fault());
    HardStateChange done{change.next.entity_tag, change.replaced == 0};
    if (change.is_removal()) {
        publications_.take_out(slot, change.replaced, packages::Cause::removed);
    } else {
        publications_.put(slot, std::move(change.next));
    }
    sender_.changed(slot);
    change.done(std::move(done));
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
