// server/publish/state_orders.cpp: event state that no PUBLISH made: set by operators, taken from
// elsewhere.
#include "server/publish/state_orders.h"

#include <algorithm>
#include <utility>

#include "base/id.h"
#include "server/publish/kept_document.h"
#include "server/publish/settled_publication.h"

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
        std::string wanted;
        for (const auto type : types) (wanted += wanted.empty() ? "" : " or ") += type;
        const auto given = document.type.empty() ? "no media type" : document.type;
        return Fault{FaultKind::unsupported_media,
                     "This package does not take " + given + ", expected " + wanted};
    }
    return {};
}

/// Once: of what becomes known later nobody hears.
void tell(StateOrders::HardDone& order, Result<HardStateChange> result) {
    if (auto done = std::exchange(order, nullptr)) done(std::move(result));
}

}  // namespace

StateOrders::StateOrders(Context& context, Publications& publications)
    : context_(context), publications_(publications), put_right_(context.metrics) {}

struct StateOrders::Change {
    enum class Kind : std::uint8_t { put, refresh, remove };

    StateOrder order;
    HardDone done;
    std::uint32_t slot = Resource::kNone;
    Publication next;
    std::uint64_t replaced = 0;
    Kind kind = Kind::put;
    Publications::Ending ending{};  ///< of a removal
};

const Publication* StateOrders::hard_state(const packages::Package& package,
                                           std::string_view aor) const {
    const auto slot = context_.resources.find(package, aor);
    return slot == Resource::kNone ? nullptr : context_.resources[slot].by_source(kHardSource);
}

void StateOrders::change_hard_state(HardOrder order, HardDone done) {
    change({.package = order.package,
            .aor = std::move(order.aor),
            .source = kHardSource,
            .rank = packages::Rank::hard,
            .document = std::move(order.document),
            .expires_at = {},
            .condition = std::move(order.condition)},
           std::move(done));
}

void StateOrders::change(StateOrder order, HardDone done) {
    if (order.document) {
        if (const auto taken = check(*order.package, *order.document); !taken)
            return done(taken.fault());
    }
    start(std::move(order), std::move(done));
}

void StateOrders::put(StateOrder order, Done done) {
    start(std::move(order),
          [done = std::move(done)](const Result<HardStateChange>& result) mutable {
              if (done) done(result ? Status{} : Status(result.fault()));
          });
}

void StateOrders::start(StateOrder order, HardDone done) {
    auto change = std::make_unique<Change>();
    change->order = std::move(order);
    change->done = std::move(done);
    if (change->order.document) {
        auto document = change->order.package->admit(
            *change->order.document, context_.resources.settings(*change->order.package));
        if (!document) return change->done(document.fault());
        put_right_.count(*change->order.package, **document);
        change->next.document = *std::move(document);
    } else {
        change->kind = Change::Kind::remove;
    }
    resume(std::move(change));
}

void StateOrders::resume(std::unique_ptr<Change> change) {
    auto fail = [&](Fault fault) { change->done(std::move(fault)); };
    if (context_.port.is_full()) return fail({FaultKind::unavailable, "Busy; try again"});
    const auto& order = change->order;
    const auto slot = change->slot = context_.resources.obtain(*order.package, order.aor);
    auto& resource = context_.resources[slot];
    if (resource.is_changing) {
        const bool is_crowded = resource.waiting && resource.waiting->size() >= kMostWaitingOrders;
        if (is_crowded) return fail({FaultKind::unavailable, "Busy; try again"});
        publications_.wait(
            slot, [this, change = std::move(change)]() mutable { resume(std::move(change)); });
        return;
    }
    const auto* earlier = resource.by_source(order.source);
    auto refusal = refusal_of(*change, earlier);
    if (!refusal) {
        if (auto kept = reconcile(*change, resource); !kept) refusal = kept.fault();
    }
    if (refusal) {
        fail(*std::move(refusal));
        return context_.resources.drop_if_idle(slot);
    }
    commit(std::move(change), earlier);
}

std::optional<Fault> StateOrders::refusal_of(const Change& change, const Publication* earlier) {
    const auto& condition = change.order.condition;
    const auto* tag = earlier ? &earlier->entity_tag : nullptr;
    if (!is_any_of(condition, tag) || !is_none_of(condition, tag)) {
        return Fault{FaultKind::precondition_failed,
                     earlier ? "What is set here has the entity-tag \"" + *tag + "\""
                             : std::string("Nothing is set here")};
    }
    if (!earlier && (change.kind == Change::Kind::remove || change.order.is_correction))
        return Fault{FaultKind::not_found, "Nothing is set here"};
    return std::nullopt;
}

Status StateOrders::reconcile(Change& change, const Resource& resource) {
    auto& order = change.order;
    if (!order.document) return {};
    auto kept = keep(
        {*order.document, change.next.document}, order.source,
        {*order.package, &resource, context_.resources.settings(*order.package), context_.wall()});
    if (!kept) return kept.fault();
    order.document = std::move(kept->text);
    change.next.document = std::move(kept->admitted);
    return {};
}

void StateOrders::commit(std::unique_ptr<Change> change, const Publication* earlier) {
    const auto& order = change->order;
    // An operator's change is always written.
    const bool is_same = earlier && order.document && order.rank != packages::Rank::hard &&
                         earlier->type == order.document->type &&
                         earlier->body == order.document->body;
    if (is_same && earlier->expires_at == order.expires_at)
        return change->done(HardStateChange{earlier->entity_tag, false});
    const bool has_expiry = order.expires_at != base::WallTime{};
    if (is_same && !earlier->is_permanent() && has_expiry) change->kind = Change::Kind::refresh;
    auto row = row_of_change(*change, earlier);
    const auto slot = change->slot;
    commit_until_known(
        context_, publications_, slot, std::move(row),
        [this, change = std::move(change)](store::Outcome outcome) { apply(*change, outcome); });
}

store::Change StateOrders::row_of_change(Change& change, const Publication* earlier) {
    const auto& order = change.order;
    auto& next = change.next;
    change.replaced = earlier ? earlier->id : 0;
    if (change.kind == Change::Kind::remove) {
        return publications_.ending_of(change.slot, {change.replaced, earlier->entity_tag, {}, {}},
                                       change.ending);
    }
    next.expires_at = order.expires_at;
    if (change.kind == Change::Kind::refresh) {
        next.entity_tag = earlier->entity_tag;
        return store::RefreshPublication{earlier->id,      earlier->entity_tag, earlier->entity_tag,
                                         order.expires_at, earlier->granted,    {}};
    }
    next.id = earlier ? earlier->id : context_.new_row(order.aor);
    next.source = order.source;
    next.rank = order.rank;
    next.arrived = context_.wall();
    next.entity_tag = base::random_token(kEntityTagBytes);
    next.type = order.document->type;
    next.body = order.document->body;
    if (order.is_correction) {
        next.rank = earlier->rank;
        next.entity_tag = earlier->entity_tag;
        next.publisher = earlier->publisher;
        next.expires_at = earlier->expires_at;
        next.granted = earlier->granted;
        next.arrived = earlier->arrived;
    }
    return store::PutPublication{row_of(*order.package, order.aor, next, {}),
                                 earlier ? earlier->entity_tag : std::string()};
}

void StateOrders::apply(Change& change, store::Outcome outcome) {
    const auto slot = change.slot;
    if (outcome != store::Outcome::committed) return tell(change.done, status_of(outcome).fault());
    HardStateChange done{change.next.entity_tag, change.replaced == 0};
    if (change.kind == Change::Kind::refresh) {
        if (auto* target = context_.resources[slot].by_id(change.replaced)) {
            target->expires_at = change.next.expires_at;
            publications_.expiry().arm(slot, *target, {});
        }
    } else if (change.kind == Change::Kind::remove) {
        publications_.end(slot, std::move(change.ending));
        context_.fan_out.changed(slot);
    } else {
        publications_.put(slot, std::move(change.next));
        context_.fan_out.changed(slot);
    }
    tell(change.done, std::move(done));
}

}  // namespace herald::server
