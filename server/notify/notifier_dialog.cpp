// server/notify/notifier_dialog.cpp: SUBSCRIBEs within a dialog: refresh, unsubscribe; expiry; and
// dialogs of earlier runs.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "server/core/answers.h"
#include "server/core/flow_text.h"
#include "server/notify/notifier.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// Same type and id; a missing id on one side is forgiven, the dialog has one usage only (RFC
/// 6665 8.2.1, events 18).
bool is_same_event(std::string_view kept, std::string_view asked) {
    const auto ours = sip::parse_event(kept);
    const auto theirs = sip::parse_event(asked);
    if (!ours || !theirs || !base::iequals(ours->type, theirs->type)) return false;
    return !ours->id || !theirs->id || *ours->id == *theirs->id;
}

}  // namespace

bool Notifier::check_dialog(sip::ServerTransactionId transaction, const sip::Message& request) {
    const auto id =
        context_.subscriptions.by_dialog(request.call_id(), request.to_tag(), request.from_tag());
    const auto* record = context_.subscriptions.find(id);
    const bool is_subscribe = request.method() == sip::Method::subscribe;
    if (record && record->state != SubscriptionState::ending) {
        return !is_subscribe || is_in_order(transaction, *record, request);
    }
    if (request.method() == sip::Method::options) return true;
    if (is_subscribe && answer_tombstone(transaction, request)) return false;
    context_.stack.answer(transaction, answer(481));
    return false;
}

/// RFC 3261 12.2.2. The repetition of a change that was durable before a crash gets its answer
/// again.
bool Notifier::is_in_order(sip::ServerTransactionId transaction, const Subscription& record,
                           const sip::Message& request) {
    if (request.cseq() > record.remote_cseq) return true;
    if (request.cseq() == record.remote_cseq && context_.mark_of(request) == record.mark) {
        accept(transaction, record, record.granted);
    } else {
        context_.stack.answer(transaction, answer(500, "CSeq out of order"));
    }
    return false;
}

void Notifier::on_in_dialog(Incoming incoming, const sip::Message& request) {
    const auto id =
        context_.subscriptions.by_dialog(request.call_id(), request.to_tag(), request.from_tag());
    const auto* record = context_.subscriptions.find(id);
    if (!record) return refuse(incoming, answer(481));
    if (!is_same_usage(incoming, *record, request)) return;
    if (context_.port.is_full_for_refreshes()) return turn_away(incoming);
    if (!authenticate(incoming, request)) return;
    if (incoming.who.aor != record->get(Part::watcher))
        return refuse(incoming, answer(403, "Not your subscription"));
    resume_in_dialog(incoming);
}

bool Notifier::is_same_usage(const Incoming& incoming, const Subscription& record,
                             const sip::Message& request) {
    if (is_same_event(record.get(Part::event), request.header(sip::Header::event).value_or("")))
        return true;
    refuse(incoming, answer(403, "Dialogs are not shared between subscriptions"));
    return false;
}

void Notifier::resume_in_dialog(const Incoming& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto id = context_.subscriptions.by_dialog(request->call_id(), request->to_tag(),
                                                     request->from_tag());
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::ending) return refuse(incoming, answer(481));
    if (record->is_changing) {
        if (gate_.wait(pack(id), [this, incoming] { resume_in_dialog(incoming); })) return;
        return refuse(incoming, unavailable("Busy"));
    }
    if (!is_in_order(incoming.transaction, *record, *request)) return;
    const auto& resource = context_.resources[record->resource];
    auto decision = decide(gather(incoming, *request, resource.aor, record, false));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return refuse(incoming, *refusal);
    const auto& grant = std::get<SubscribeGrant>(decision);
    if (grant.expires == 0) return unsubscribe(incoming, *request, id);
    refresh(incoming, *request, id, grant);
}

Notifier::Refresh Notifier::plan_refresh(const Incoming& incoming, const sip::Message& request,
                                         const Subscription& record,
                                         const SubscribeGrant& grant) const {
    auto& resource = context_.resources[record.resource];
    const auto& profile = resource.package->profile();
    Refresh plan;
    plan.flow = incoming.flow;
    plan.expires_at = context_.wall() + std::chrono::seconds(grant.expires);
    plan.change = context_.next_id();
    plan.mark = context_.mark_of(request);
    plan.granted = grant.expires;
    plan.remote_cseq = request.cseq();
    plan.cseq_base = record.cseq + 1;
    plan.is_pending = grant.is_pending;
    // No Accept on a refresh of something else than the default type: what was chosen stays.
    const bool names_type = request.count(sip::Header::accept) > 0;
    // A copy: view_for() may move the views.
    const std::string entity = resource.views[record.view].entity;
    plan.view = names_type ? resource.view_for(type_index(profile, grant.type),
                                               entity.empty() ? resource.aor : entity)
                           : record.view;
    const auto contact = sip::sole_contact(request);
    if (contact && contact->uri != record.get(Part::remote_target)) {
        auto parts = record.text.parts();
        parts[static_cast<std::size_t>(Part::remote_target)] = contact->uri;
        plan.text = PackedText(parts);
    }
    return plan;
}

/// The cheap row change where nothing but times and counters moved.
store::Change Notifier::change_of(const Subscription& record, const Refresh& refresh,
                                  store::RequestMark mark) const {
    const bool is_same_place = refresh.text.is_empty() && refresh.flow == record.flow &&
                               refresh.view == record.view && !record.has_strayed;
    const auto state = refresh.is_pending ? store::Subscription::State::pending
                                          : store::Subscription::State::active;
    if (is_same_place) {
        return store::TouchSubscription{
            record.id,           refresh.change,    refresh.expires_at,  refresh.granted,
            refresh.remote_cseq, refresh.cseq_base, context_.home.epoch, state,
            std::move(mark)};
    }
    auto row = row_of(record, std::move(mark));
    const auto& resource = context_.resources[record.resource];
    row.state = state;
    row.expires_at = refresh.expires_at;
    row.granted = refresh.granted;
    row.change = refresh.change;
    row.remote_cseq = refresh.remote_cseq;
    row.cseq_base = refresh.cseq_base;
    row.flow = to_text(refresh.flow);
    row.accept = resource.package->profile().notify_types[resource.views[refresh.view].type];
    if (!refresh.text.is_empty()) row.remote_target = refresh.text[Part::remote_target];
    return store::UpdateSubscription{std::move(row)};
}

void Notifier::refresh(const Incoming& incoming, const sip::Message& request, Id id,
                       const SubscribeGrant& grant) {
    auto& record = *context_.subscriptions.find(id);
    auto plan = plan_refresh(incoming, request, record, grant);
    auto change = change_of(record, plan, context_.request_mark(request));
    record.is_changing = true;
    sender_.confirmations().set(record, false);
    context_.port.commit(
        std::move(change),
        [this, incoming, id, plan = std::make_unique<Refresh>(std::move(plan))](
            store::Outcome outcome) { apply_refresh(incoming, id, *plan, outcome); });
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the task owns the plan

void Notifier::apply_refresh(const Incoming& incoming, Id id, Refresh& refresh,
                             store::Outcome outcome) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return refuse_ended(incoming, id);
    record->is_changing = false;
    if (outcome == store::Outcome::refused) {
        // The row is gone: so is the subscription.
        sender_.forget(id);
        return refuse_ended(incoming, id);
    }
    if (outcome != store::Outcome::committed) {
        refuse_uncommitted(incoming, outcome);
        return open_gate(id);
    }
    refreshed_.add();
    if (!refresh.text.is_empty()) context_.subscriptions.retext(id, std::move(refresh.text));
    record->view = refresh.view;
    record->has_strayed = false;
    record->change = refresh.change;
    record->mark = refresh.mark;
    record->granted = refresh.granted;
    record->expires_at = refresh.expires_at;
    record->remote_cseq = refresh.remote_cseq;
    record->cseq_end = refresh.cseq_base + kCseqBlock;
    if (!refresh.is_pending && record->state == SubscriptionState::pending) {
        context_.subscriptions.move(*record, SubscriptionInput::grant);
        context_.loop.timers().cancel(record->decision);
    }
    arm_expiry(id, {});
    sender_.on_reachable(id, refresh.flow);
    accept(incoming.transaction, *record, record->granted);
    sender_.notify(id);
    open_gate(id);
}

/// A NOTIFY ended the subscription while its change was under way; so it is for those who wait.
void Notifier::refuse_ended(const Incoming& incoming, Id id) {
    refuse(incoming, answer(481));
    open_gate(id);
}

void Notifier::unsubscribe(const Incoming& incoming, const sip::Message& request, Id id) {
    auto& record = *context_.subscriptions.find(id);
    record.is_changing = true;
    store::RemoveSubscription change{record.id, context_.wall() + kTombstoneLife,
                                     context_.request_mark(request)};
    context_.port.commit(std::move(change), [this, incoming, id](store::Outcome outcome) {
        apply_unsubscribe(incoming, id, outcome);
    });
}

void Notifier::apply_unsubscribe(const Incoming& incoming, Id id, store::Outcome outcome) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return refuse_ended(incoming, id);
    record->is_changing = false;
    if (outcome == store::Outcome::unavailable || outcome == store::Outcome::unknown) {
        refuse_uncommitted(incoming, outcome);
        return open_gate(id);
    }
    sender_.on_reachable(id, incoming.flow);
    accept(incoming.transaction, *record, 0);
    sender_.end(id, EndReason::timeout);
    open_gate(id);
}

void Notifier::arm_expiry(Id id, base::WallTime not_before) {
    auto& record = *context_.subscriptions.find(id);
    context_.expiry().arm(record.expiry, record.expires_at, not_before, expiry_timer_, pack(id));
}

void Notifier::on_expiry(Id id) {
    const auto* record = context_.subscriptions.find(id);
    const bool is_early = record && context_.expiry().is_early(record->expires_at);
    return is_early ? arm_expiry(id, {}) : run_out(id, EndReason::timeout);
}

/// RFC 6665 4.2.1.4.
void Notifier::run_out(Id id, EndReason reason) {
    auto* record = context_.subscriptions.find(id);
    if (!record || !record->is_live()) return;
    if (record->is_changing) return run_out_later(id, reason);
    record->is_changing = true;
    context_.port.commit(store::RemoveSubscription{record->id, {}, {}},
                         [this, id, reason](store::Outcome outcome) {
                             auto* ended = context_.subscriptions.find(id);
                             if (!ended) return open_gate(id);
                             ended->is_changing = false;
                             if (is_to_be_retried(outcome)) return run_out_later(id, reason);
                             (reason == EndReason::deactivated ? sent_elsewhere_ : expired_).add();
                             sender_.end(id, reason);
                             open_gate(id);
                         });
}

void Notifier::run_out_later(Id id, EndReason reason) {
    context_.loop.timers().arm(context_.loop.now() + kExpiryRetry, [this, id, reason] {
        const auto* record = context_.subscriptions.find(id);
        const bool was_refreshed =
            record && reason == EndReason::timeout && record->expires_at > context_.wall();
        if (record && !was_refreshed) run_out(id, reason);
    });
}

void Notifier::await_decision(Id id) {
    const auto patience = std::chrono::seconds(context_.config.subscribe_pending_lifetime);
    auto& record = *context_.subscriptions.find(id);
    record.decision =
        context_.loop.timers().arm(decision_timer_, pack(id), context_.loop.now() + patience);
}

bool Notifier::answer_tombstone(sip::ServerTransactionId transaction, const sip::Message& request) {
    if (tombstones_.empty()) return false;
    const auto found = tombstones_.find(std::string(request.to_tag()));
    if (found == tombstones_.end() || found->second != context_.mark_of(request)) return false;
    sip::Answer again;
    again.expires = 0;
    again.with_contact = true;
    context_.stack.answer(transaction, again);
    return true;
}

void Notifier::forget(Cell cell) {
    context_.resources.for_each([&](std::uint32_t slot, Resource& resource) {
        if (context_.cell_of(resource.aor) == cell) sender_.forget_watchers(slot);
    });
    std::erase_if(tombstones_, [&](const auto& entry) {
        const auto bucket = bucket_of_tag(entry.first);
        return bucket && server::cell_of(*bucket) == cell;
    });
}

void Notifier::recover(const store::Subscription& row, base::WallTime not_before) {
    if (row.state == store::Subscription::State::terminated) {
        tombstones_[row.local_tag] = context_.mark_of(row.mark);
        return;
    }
    const auto* package = packages::find(row.package);
    if (!package) {
        base::log_warning("subscription.skipped",
                          {{"call_id", row.call_id}, {"package", row.package}});
        return;
    }
    const bool is_pending = row.state == store::Subscription::State::pending;
    Subscription record;
    record.text = PackedText({row.call_id, row.local_uri, row.remote_uri, row.remote_target,
                              row.local_tag, row.remote_tag, row.event, row.watcher, row.entity,
                              row.instance, row.route_set});
    record.id = row.id;
    record.change = row.change;
    record.mark = context_.mark_of(row.mark);
    record.expires_at = row.expires_at;
    record.granted = row.granted;
    record.flow = flow_from_text(row.flow);
    record.remote_cseq = row.remote_cseq;
    record.cseq = row.cseq_base + (context_.home.epoch - row.epoch) * kCseqBlock - 1;
    record.cseq_end = record.cseq + 1 + kCseqBlock;
    record.resource = context_.resources.obtain(*package, row.aor);
    record.view = context_.resources[record.resource].view_for(
        type_index(package->profile(), row.accept), row.entity);
    const auto id = adopt(std::move(record));
    context_.subscriptions.move(
        context_.subscriptions[id.slot],
        is_pending ? SubscriptionInput::commit_pending : SubscriptionInput::commit_active);
    arm_expiry(id, not_before);
    if (is_pending) await_decision(id);
}

}  // namespace herald::server
