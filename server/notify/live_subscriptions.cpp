// server/notify/live_subscriptions.cpp: the subscriptions of a shard over their lives.
#include "server/notify/live_subscriptions.h"

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "server/address/instance.h"
#include "server/core/duration.h"
#include "server/core/flow_text.h"
#include "server/core/judge.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// Some NOTIFYs, to whom they went in another way than he asked.
constexpr std::uint16_t kCreditAfterStart = 4000;
/// Told after a start before others get their turn.
constexpr std::size_t kAtOnce = 256;
constexpr auto kBetween = std::chrono::milliseconds(10);

/// Of a subscription that an earlier release kept.
sip::Approach usual_approach(const store::Subscription& row) {
    return row.route_set.empty() ? sip::Approach::flow : sip::Approach::route;
}

/// What the store is to know of a subscription that ends by itself, before its watcher hears of it.
store::Change end_of(const Subscription& record, EndReason reason, std::uint32_t epoch) {
    if (!is_kept(reason)) return store::RemoveSubscription{record.id, {}, {}};
    auto touch = touch_of(record, epoch);
    touch.state = stored_end(reason);
    return touch;
}

}  // namespace

LiveSubscriptions::LiveSubscriptions(Context& context, NotifySender& sender, WatcherList& list)
    : context_(context),
      sender_(sender),
      waiting_(context, list),
      expiry_timer_(
          context.loop.timers().add_owner([this](std::uint64_t user) { on_expiry(unpack(user)); })),
      decision_timer_(context.loop.timers().add_owner(
          [this](std::uint64_t user) { give_up_pending(unpack(user)); })),
      expired_(context.metrics.counter("herald_subscriptions_expired_total",
                                       "Subscriptions that ran out")) {
    sender_.numbers().on_renewed([this](Id id, bool) { open_gate(id); });
}

LiveSubscriptions::Id LiveSubscriptions::adopt(Subscription record) {
    auto& resource = context_.resources[record.resource];
    record.watcher_index = static_cast<std::uint32_t>(resource.watchers.size());
    const auto id = context_.subscriptions.add(std::move(record));
    resource.watchers.push_back(id.slot);
    sender_.confirmations().added(context_.subscriptions[id.slot]);
    return id;
}

void LiveSubscriptions::begin(Id id, bool is_pending) {
    auto& record = *context_.subscriptions.find(id);
    context_.subscriptions.move(
        record, is_pending ? SubscriptionInput::commit_pending : SubscriptionInput::commit_active);
    if (is_pending) await_decision(id);
}

void LiveSubscriptions::await_decision(Id id) {
    auto& record = *context_.subscriptions.find(id);
    const auto patience = std::chrono::seconds(context_.config.subscribe_pending_lifetime);
    record.decision =
        context_.loop.timers().arm(decision_timer_, pack(id), context_.loop.now() + patience);
}

/// Nobody decides for ever.
void LiveSubscriptions::give_up_pending(Id id) {
    const auto* record = context_.subscriptions.find(id);
    if (record && record->state == SubscriptionState::pending) run_out(id, EndReason::giveup);
}

void LiveSubscriptions::arm_expiry(Id id, base::WallTime not_before) {
    auto& record = *context_.subscriptions.find(id);
    context_.expiry().arm(record.expiry, record.expires_at + kExpiryGrace, not_before,
                          expiry_timer_, pack(id));
}

void LiveSubscriptions::on_clock_step(base::Duration ahead) {
    const auto step = std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
    context_.subscriptions.for_each([&](std::uint32_t slot, Subscription& record) {
        const bool is_of_this_run =
            record.expires_at - std::chrono::seconds(record.granted) >= begun_;
        if (is_of_this_run) {
            record.expires_at += step;
        } else if (record.is_live()) {
            arm_expiry(context_.subscriptions.id_of(slot), context_.wall());
        }
    });
    begun_ += step;
}

void LiveSubscriptions::on_expiry(Id id) {
    const auto* record = context_.subscriptions.find(id);
    const bool is_early = record && context_.expiry().is_early(record->expires_at + kExpiryGrace);
    return is_early ? arm_expiry(id, {}) : run_out(id, EndReason::timeout);
}

/// RFC 6665 4.2.1.4.
void LiveSubscriptions::run_out(Id id, EndReason reason) {
    auto* record = context_.subscriptions.find(id);
    if (!record || !record->is_live()) return;
    if (record->is_changing) return run_out_later(id, reason);
    record->is_changing = true;
    const auto wait = reason == EndReason::timeout ? undecided(*record) : Undecided{};
    auto change = wait.until != base::WallTime{} ? store::Change(wait_of(*record, wait))
                                                 : end_of(*record, reason, context_.home.epoch);
    context_.port.commit(std::move(change), [this, id, reason, wait](store::Outcome outcome) {
        apply_end(id, reason, wait, outcome);
    });
}

LiveSubscriptions::Undecided LiveSubscriptions::undecided(const Subscription& record) const {
    // Nobody can be decided about.
    if (record.state != SubscriptionState::pending || record.get(Part::watcher).empty()) return {};
    return {waiting_.end_of_wait()};
}

store::TouchSubscription LiveSubscriptions::wait_of(const Subscription& record,
                                                    Undecided end) const {
    auto touch = touch_of(record, context_.home.epoch);
    touch.state = store::Subscription::State::waiting;
    touch.expires_at = end.until;
    return touch;
}

void LiveSubscriptions::apply_end(Id id, EndReason reason, Undecided wait, store::Outcome outcome) {
    auto* ended = context_.subscriptions.find(id);
    if (!ended) return open_gate(id);
    ended->is_changing = false;
    if (is_to_be_retried(outcome)) return run_out_later(id, reason);
    if (wait.until != base::WallTime{} && outcome == store::Outcome::committed)
        waiting_.add(*ended, wait.until);
    if (reason == EndReason::timeout || reason == EndReason::giveup) expired_.add();
    sender_.end(id, reason);
    open_gate(id);
}

void LiveSubscriptions::run_out_later(Id id, EndReason reason) {
    context_.loop.timers().arm(context_.loop.now() + kExpiryRetry, [this, id, reason] {
        const auto* record = context_.subscriptions.find(id);
        const bool was_refreshed = record && reason == EndReason::timeout &&
                                   record->expires_at + kExpiryGrace > context_.wall();
        if (record && !was_refreshed) run_out(id, reason);
    });
}

void LiveSubscriptions::open_gate(Id id) {
    gate_.open(pack(id), [&] {
        const auto* record = context_.subscriptions.find(id);
        return record && record->is_changing;
    });
}

store::Subscription LiveSubscriptions::row_of(const Subscription& record,
                                              store::RequestMark mark) const {
    const auto& resource = context_.resources[record.resource];
    store::Subscription row;
    row.id = record.id;
    row.package = resource.package->profile().event;
    row.aor = resource.aor;
    row.watcher = record.get(Part::watcher);
    row.state = stored_state(record.state);
    row.expires_at = record.expires_at;
    row.granted = record.granted;
    row.change = record.change;
    row.call_id = record.get(Part::call_id);
    row.local_tag = record.get(Part::local_tag);
    row.remote_tag = record.get(Part::remote_tag);
    row.local_uri = record.get(Part::local_uri);
    row.remote_uri = record.get(Part::remote_uri);
    row.remote_target = record.get(Part::remote_target);
    row.route_set = record.get(Part::route_set);
    row.event = record.get(Part::event);
    row.accept = resource.package->profile().notify_types[resource.views[record.view].type];
    row.entity = record.get(Part::entity);
    row.instance = record.get(Part::instance);
    row.flow = to_text(record.flow, record.approach);
    row.remote_cseq = record.remote_cseq;
    row.cseq_base = record.cseq + 1;
    row.epoch = context_.home.epoch;
    row.mark = std::move(mark);
    return row;
}

bool LiveSubscriptions::was_ended_by(const sip::Message& request) const {
    if (tombstones_.empty()) return false;
    const auto found = tombstones_.find(std::string(request.to_tag()));
    return found != tombstones_.end() && found->second == context_.mark_of(request);
}

void LiveSubscriptions::forget(Cell cell) {
    context_.resources.for_each([&](std::uint32_t slot, Resource& resource) {
        if (context_.cell_of(resource.aor) == cell) sender_.gone().forget_all_of(slot);
    });
    waiting_.forget(cell);
    std::erase_if(tombstones_, [&](const auto& entry) {
        const auto bucket = bucket_of_tag(entry.first);
        return bucket && server::cell_of(*bucket) == cell;
    });
}

void LiveSubscriptions::recover(const store::Subscription& row, base::WallTime not_before) {
    if (row.state == store::Subscription::State::terminated) {
        tombstones_[row.local_tag] = context_.mark_of(row.mark);
        return;
    }
    if (row.state == store::Subscription::State::waiting) {
        tombstones_[row.local_tag] = context_.mark_of(row.mark);
        return waiting_.recover(row, not_before);
    }
    const auto* package = packages::find(row.package);
    if (!package) {
        base::log_warning("subscription.skipped",
                          {{"call_id", row.call_id}, {"package", row.package}});
        return;
    }
    const auto id = adopt(record_of(row, *package));
    begin(id, row.state == store::Subscription::State::pending);
    if (const auto reason = end_of_stored(row.state)) {
        auto& record = context_.subscriptions[id.slot];
        context_.subscriptions.move(record, SubscriptionInput::end);
        record.reason = *reason;
        // Whether he might see anything is not known any more.
        record.is_bodiless = true;
        return ended_.push_back(id);
    }
    arm_expiry(id, not_before);
}

/// What it may show; whether it may live is judged once everything is there.
PermissionsPtr LiveSubscriptions::permissions_of(const Subscription& record) const {
    if (context_.policies.is_empty() && context_.config.authz_defaults.empty()) return nullptr;
    static const auto kNothing = std::make_shared<const pidf::Permissions>();
    const auto& resource = context_.resources[record.resource];
    const auto judgement =
        judge(context_, *resource.package, resource.aor, identity_of(context_, record));
    // Whoever is to be ended, or has to wait again, sees nothing until that is done.
    return judgement.is_active() ? judgement.permissions : kNothing;
}

Subscription LiveSubscriptions::record_of(const store::Subscription& row,
                                          const packages::Package& package) const {
    // Rows of earlier versions have it as the device wrote it.
    const auto instance = base::lower(instance_in(row.instance));
    Subscription record;
    record.text =
        PackedText({row.call_id, row.local_uri, row.remote_uri, row.remote_target, row.local_tag,
                    row.remote_tag, row.event, row.watcher, row.entity, instance, row.route_set});
    record.id = row.id;
    record.change = row.change;
    record.mark = context_.mark_of(row.mark);
    record.expires_at = row.expires_at;
    record.granted = row.granted;
    record.flow = flow_from_text(row.flow);
    record.approach = approach_in(row.flow).value_or(usual_approach(row));
    record.has_way = sip::is_flow_first(record.approach, record.flow);
    // Who asked in an earlier run was told there.
    record.is_proven = record.has_way;
    record.credit = kCreditAfterStart;
    record.remote_cseq = row.remote_cseq;
    record.cseq = row.cseq_base + (context_.home.epoch - row.epoch) * kCseqBlock - 1;
    record.cseq_end = record.cseq + 1 + kCseqBlock;
    record.resource = context_.resources.obtain(package, row.aor);
    record.view = context_.resources[record.resource].view_for(
        type_index(package.profile(), row.accept), row.entity, permissions_of(record));
    return record;
}

void LiveSubscriptions::resume() {
    begun_ = context_.wall();
    if (!ended_.empty()) tell_some_ends(std::exchange(ended_, {}));
}

void LiveSubscriptions::tell_some_ends(std::vector<Id> ids) {
    const auto rest = ids.size() - std::min(ids.size(), kAtOnce);
    context_.loop.timers().arm(
        context_.loop.now() + kBetween,
        [this, rest, ids = std::make_unique<std::vector<Id>>(std::move(ids))]() mutable {
            for (; ids->size() > rest; ids->pop_back()) sender_.tell_end(ids->back());
            if (!ids->empty()) tell_some_ends(std::move(*ids));
        });
}

}  // namespace herald::server
