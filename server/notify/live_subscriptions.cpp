// server/notify/live_subscriptions.cpp: the subscriptions of a shard over their lives.
#include "server/notify/live_subscriptions.h"

#include "server/core/duration.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

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
          [this](std::uint64_t user) { give_up_pending(unpack(user)); })) {
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

/// The owner has not decided in time.
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
    if (context_.is_at_rest(*record)) return run_out_later(id, reason, kExpiryRest);
    if (record->is_changing) return run_out_later(id, reason, kExpiryRetry);
    record->is_changing = true;
    const auto wait = reason == EndReason::timeout ? undecided(*record) : Undecided{};
    auto change = wait.until != base::WallTime{}
                      ? store::Change(wait_of(*record, wait))
                      : end_of(*record, reason, context_.epoch_of(*record));
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
    auto touch = touch_of(record, context_.epoch_of(record));
    touch.state = store::Subscription::State::waiting;
    touch.expires_at = end.until;
    return touch;
}

void LiveSubscriptions::apply_end(Id id, EndReason reason, Undecided wait, store::Outcome outcome) {
    auto* ended = context_.subscriptions.find(id);
    if (!ended) return open_gate(id);
    ended->is_changing = false;
    if (is_to_be_retried(outcome)) return run_out_later(id, reason, kExpiryRetry);
    if (wait.until != base::WallTime{} && outcome == store::Outcome::committed)
        waiting_.add(*ended, wait.until);
    if (reason == EndReason::timeout || reason == EndReason::giveup)
        context_.resources.counters(ended->resource).subscriptions_expired.add();
    end(id, reason);
    open_gate(id);
}

void LiveSubscriptions::end(Id id, EndReason reason) {
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::ending) return;
    context_.loop.timers().cancel(record->expiry);
    record->reason = reason;
    record->is_bodiless = record->is_bodiless || record->state == SubscriptionState::pending;
    context_.subscriptions.move(*record, SubscriptionInput::end);
    sender_.tell_end(id);
}

void LiveSubscriptions::run_out_later(Id id, EndReason reason, base::Duration delay) {
    context_.loop.timers().arm(context_.loop.now() + delay, [this, id, reason] {
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

void LiveSubscriptions::resume() {
    begun_ = context_.wall();
}

}  // namespace herald::server
