// server/publish/hard_state.cpp: publications that no PUBLISH made: set by operators, taken from
// elsewhere; and those of earlier runs.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "server/publish/compositor.h"

namespace herald::server {

namespace {

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kMostWaitingOrders = 32;

/// What an operator may set is what others may publish.
Status check(const packages::Package& package, const packages::Document& document) {
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
                     "This package does not take " + given + ", expected " + wanted};
    }
    return {};
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

struct Compositor::StateChange {
    enum class Kind : std::uint8_t { put, refresh, remove };

    StateOrder order;
    HardDone done;
    std::uint32_t slot = Resource::kNone;
    Publication next;
    std::uint64_t replaced = 0;
    Kind kind = Kind::put;
};

const Publication* Compositor::hard_state(const packages::Package& package,
                                          std::string_view aor) const {
    const auto slot = context_.resources.find(package, aor);
    return slot == Resource::kNone ? nullptr : context_.resources[slot].by_source(kHardSource);
}

void Compositor::change_hard_state(HardOrder order, HardDone done) {
    if (order.document) {
        if (const auto taken = check(*order.package, *order.document); !taken)
            return done(taken.fault());
    }
    start({.package = order.package,
           .aor = std::move(order.aor),
           .source = kHardSource,
           .rank = packages::Rank::hard,
           .document = std::move(order.document),
           .expires_at = {},
           .condition = std::move(order.condition)},
          std::move(done));
}

void Compositor::put_state(StateOrder order, Done done) {
    start(std::move(order),
          [done = std::move(done)](const Result<HardStateChange>& result) mutable {
              if (done) done(result ? Status{} : Status(result.fault()));
          });
}

void Compositor::start(StateOrder order, HardDone done) {
    auto change = std::make_unique<StateChange>();
    change->order = std::move(order);
    change->done = std::move(done);
    if (change->order.document) {
        auto document = change->order.package->admit(
            *change->order.document, context_.resources.settings(*change->order.package));
        if (!document) return change->done(document.fault());
        change->next.document = *std::move(document);
    } else {
        change->kind = StateChange::Kind::remove;
    }
    resume_state(std::move(change));
}

void Compositor::resume_state(std::unique_ptr<StateChange> change) {
    auto fail = [&](Fault fault) { change->done(std::move(fault)); };
    if (context_.port.is_full()) return fail({FaultKind::unavailable, "Busy; try again"});
    const auto& order = change->order;
    const auto slot = change->slot = context_.resources.obtain(*order.package, order.aor);
    auto& resource = context_.resources[slot];
    if (resource.is_changing) {
        const bool is_crowded = resource.waiting && resource.waiting->size() >= kMostWaitingOrders;
        if (is_crowded) return fail({FaultKind::unavailable, "Busy; try again"});
        publications_.wait(slot, [this, change = std::move(change)]() mutable {
            resume_state(std::move(change));
        });
        return;
    }
    const auto* earlier = resource.by_source(order.source);
    if (auto refusal = refusal_of(*change, earlier)) {
        fail(*std::move(refusal));
        return context_.resources.drop_if_idle(slot);
    }
    commit_state(std::move(change), earlier);
}

std::optional<Fault> Compositor::refusal_of(const StateChange& change, const Publication* earlier) {
    const auto& condition = change.order.condition;
    const auto* tag = earlier ? &earlier->entity_tag : nullptr;
    if (!is_any_of(condition, tag) || !is_none_of(condition, tag)) {
        return Fault{FaultKind::precondition_failed,
                     earlier ? "What is set here has the entity-tag \"" + *tag + "\""
                             : std::string("Nothing is set here")};
    }
    if (!earlier && change.kind == StateChange::Kind::remove)
        return Fault{FaultKind::not_found, "Nothing is set here"};
    return std::nullopt;
}

void Compositor::commit_state(std::unique_ptr<StateChange> change, const Publication* earlier) {
    const auto& order = change->order;
    // An operator's change is always written.
    const bool is_same = earlier && order.document && order.rank != packages::Rank::hard &&
                         earlier->type == order.document->type &&
                         earlier->body == order.document->body;
    if (is_same && earlier->expires_at == order.expires_at)
        return change->done(HardStateChange{earlier->entity_tag, false});
    const bool has_expiry = order.expires_at != base::WallTime{};
    if (is_same && !earlier->is_permanent() && has_expiry)
        change->kind = StateChange::Kind::refresh;
    auto row = row_of_change(*change, earlier);
    const auto slot = change->slot;
    publications_.commit(slot, std::move(row),
                         [this, change = std::move(change)](store::Outcome outcome) {
                             apply_state(*change, outcome);
                         });
}

store::Change Compositor::row_of_change(StateChange& change, const Publication* earlier) {
    const auto& order = change.order;
    auto& next = change.next;
    change.replaced = earlier ? earlier->id : 0;
    if (change.kind == StateChange::Kind::remove)
        return store::RemovePublication{change.replaced, earlier->entity_tag, {}, {}};
    next.expires_at = order.expires_at;
    if (change.kind == StateChange::Kind::refresh) {
        next.entity_tag = earlier->entity_tag;
        return store::RefreshPublication{earlier->id,      earlier->entity_tag, earlier->entity_tag,
                                         order.expires_at, earlier->granted,    {}};
    }
    next.id = earlier ? earlier->id : context_.next_id();
    next.source = order.source;
    next.rank = order.rank;
    next.arrived = context_.wall();
    next.entity_tag = base::random_token(kTagBytes);
    next.type = order.document->type;
    next.body = order.document->body;
    return store::PutPublication{row_of(*order.package, order.aor, next, {}),
                                 earlier ? earlier->entity_tag : std::string()};
}

void Compositor::apply_state(StateChange& change, store::Outcome outcome) {
    const auto slot = change.slot;
    if (outcome != store::Outcome::committed) return change.done(status_of(outcome).fault());
    HardStateChange done{change.next.entity_tag, change.replaced == 0};
    if (change.kind == StateChange::Kind::refresh) {
        if (auto* target = context_.resources[slot].by_id(change.replaced)) {
            target->expires_at = change.next.expires_at;
            publications_.arm_expiry(slot, *target, {});
        }
    } else if (change.kind == StateChange::Kind::remove) {
        publications_.take_out(slot, change.replaced, packages::Cause::removed);
        context_.fan_out.changed(slot);
    } else {
        publications_.put(slot, std::move(change.next));
        context_.fan_out.changed(slot);
    }
    change.done(std::move(done));
}

void Compositor::recover(store::Publication row, base::WallTime not_before) {
    store::RequestMark mark = row.mark;
    if (row.is_removed) {
        tombstones_.emplace(context_.mark_of(mark), context_.cell_of(row.aor));
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
    const auto slot = context_.resources.obtain(*package, row.aor);
    auto& place = context_.resources[slot].publications.emplace_back(std::move(publication));
    publications_.arm_expiry(slot, place, not_before);
}

}  // namespace herald::server
