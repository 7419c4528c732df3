// server/hard_state.cpp: publications that no PUBLISH made: set by operators, taken from elsewhere;
// and those of earlier runs.
#include <algorithm>

#include "base/log.h"
#include "server/compositor.h"

namespace herald::server {

namespace {

constexpr std::size_t kMostWaitingOrders = 32;

/// What an operator may set is what others may publish.
Status check(const packages::Package& package, const packages::Document& document) {
    const auto& profile = package.profile();
    const auto& types = profile.publish_types;
    if (document.body.size() > profile.max_body) {
        return Fault{FaultKind::too_large, "The document is larger than this package takes"};
    }
    if (std::find(types.begin(), types.end(), document.type) == types.end()) {
        return Fault{FaultKind::unsupported_media, "This package does not take " + document.type};
    }
    return {};
}

}  // namespace

struct Compositor::StateChange {
    enum class Kind : std::uint8_t { put, refresh, remove };

    StateOrder order;
    Done done;
    std::uint32_t slot = Resource::kNone;
    Publication next;
    std::uint64_t replaced = 0;
    Kind kind = Kind::put;
};

void Compositor::put_hard_state(const packages::Package& package, std::string aor,
                                packages::Document document, Done done) {
    if (!document.type.empty()) {
        if (auto status = check(package, document); !status) return done(std::move(status));
    }
    StateOrder order;
    order.package = &package;
    order.aor = std::move(aor);
    order.source = "hard";
    order.document = std::move(document);
    put_state(std::move(order), std::move(done));
}

void Compositor::put_state(StateOrder order, Done done) {
    auto change = std::make_unique<StateChange>();
    change->order = std::move(order);
    change->done = std::move(done);
    if (change->order.document.type.empty()) {
        change->kind = StateChange::Kind::remove;
    } else {
        auto document = change->order.package->admit(change->order.document);
        if (!document) return change->done(document.fault());
        change->next.document = *std::move(document);
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
    if (!earlier && change->kind == StateChange::Kind::remove) {
        fail({FaultKind::not_found, "Nothing is set here"});
        return context_.resources.drop_if_idle(slot);
    }
    commit_state(std::move(change), earlier);
}

void Compositor::commit_state(std::unique_ptr<StateChange> change, const Publication* earlier) {
    const auto& order = change->order;
    const auto slot = change->slot;
    auto& next = change->next;
    // What an operator says is written down whatever it is.
    const bool is_same =
        earlier && change->kind == StateChange::Kind::put && order.rank != packages::Rank::hard &&
        earlier->type == order.document.type && earlier->body == order.document.body;
    if (is_same && earlier->expires_at == order.expires_at) return change->done({});
    change->replaced = earlier ? earlier->id : 0;
    next.expires_at = order.expires_at;
    store::Change row = store::RemovePublication{change->replaced, {}, {}, {}};
    if (is_same && !earlier->is_hard() && order.expires_at != base::WallTime{}) {
        change->kind = StateChange::Kind::refresh;
        row = store::RefreshPublication{earlier->id,      earlier->entity_tag, earlier->entity_tag,
                                        order.expires_at, earlier->granted,    {}};
    } else if (change->kind == StateChange::Kind::put) {
        next.id = earlier ? earlier->id : context_.next_id();
        next.source = order.source;
        next.rank = order.rank;
        next.arrived = context_.wall();
        next.entity_tag = base::random_token(16);
        next.type = order.document.type;
        next.body = order.document.body;
        row = store::PutPublication{row_of(*order.package, order.aor, next, {}), {}};
    }
    publications_.commit(slot, std::move(row),
                         [this, change = std::move(change)](store::Outcome outcome) {
                             apply_state(*change, outcome);
                         });
}

void Compositor::apply_state(StateChange& change, store::Outcome outcome) {
    const auto slot = change.slot;
    if (outcome == store::Outcome::committed) {
        if (change.kind == StateChange::Kind::refresh) {
            if (auto* target = context_.resources[slot].by_id(change.replaced)) {
                target->expires_at = change.next.expires_at;
                publications_.arm_expiry(slot, *target, {});
            }
        } else if (change.kind == StateChange::Kind::remove) {
            publications_.take_out(slot, change.replaced, packages::Cause::removed);
            sender_.changed(slot);
        } else {
            publications_.put(slot, std::move(change.next));
            sender_.changed(slot);
        }
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
