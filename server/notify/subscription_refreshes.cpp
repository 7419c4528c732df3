// server/notify/subscription_refreshes.cpp: SUBSCRIBEs within a dialog: refresh and unsubscribe
// (RFC 6665 4.2.1.4, 4.1.2.3).
#include "server/notify/subscription_refreshes.h"

#include <memory>

#include "base/text.h"
#include "server/core/answers.h"
#include "server/core/flow_text.h"
#include "server/notify/subscribe_answers.h"
#include "server/notify/subscription_rows.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// Same type and id; a missing id on one side is forgiven, the dialog has one usage only (RFC
/// 6665 8.2.1).
bool is_same_event(std::string_view kept, const std::optional<sip::Event>& asked) {
    const auto ours = sip::parse_event(kept);
    if (!ours || !asked || !base::iequals(ours->type, asked->type)) return false;
    return !ours->id || !asked->id || *ours->id == *asked->id;
}

/// URI of the Contact, or without one the remote target of the dialog. A view into either.
std::string_view target_of(const sip::Message& request, const Subscription& record) {
    const auto contact = sip::sole_contact(request);
    return contact ? contact->uri : record.get(Part::remote_target);
}

}  // namespace

SubscriptionRefreshes::SubscriptionRefreshes(Context& context, SubscribeIntake& intake,
                                             NotifySender& sender, LiveSubscriptions& live,
                                             const EarlierSubscriptions& earlier)
    : context_(context), intake_(intake), sender_(sender), live_(live), earlier_(earlier) {}

std::optional<sip::Answer> SubscriptionRefreshes::answer_within_dialog(
    const Request& request) const {
    const auto& message = request.message;
    const auto* record = context_.subscriptions.find(request.dialog);
    const bool is_subscribe = message.method() == sip::Method::subscribe;
    if (record && record->state != SubscriptionState::ending) {
        if (!is_subscribe) return std::nullopt;
        return answer_out_of_order(*record, message, context_);
    }
    if (message.method() == sip::Method::options) return std::nullopt;
    if (is_subscribe && earlier_.was_ended_by(message)) return accepted_end();
    return answer(481);
}

void SubscriptionRefreshes::on_subscribe(IncomingSubscribe incoming, const Request& request) {
    const auto* record = context_.subscriptions.find(incoming.dialog);
    if (!record) return intake_.refuse(incoming, answer(481));
    if (!is_same_event(record->get(Part::event), request.event)) {
        return intake_.refuse(incoming,
                              answer(403, "Dialogs are not shared between subscriptions"));
    }
    if (context_.port.is_full_for_refreshes()) return intake_.turn_away(incoming);
    if (!intake_.admits_anonymous(incoming, request.message, record) &&
        !intake_.authenticate(incoming, request))
        return;
    if (incoming.who.aor != record->get(Part::watcher))
        return intake_.refuse(incoming, answer(403, "Not your subscription"));
    resume(incoming);
}

void SubscriptionRefreshes::resume(const IncomingSubscribe& incoming) {
    const auto* request = context_.stack.request(incoming.transaction);
    if (!request) return;
    const auto id = incoming.dialog;
    auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::ending)
        return intake_.refuse(incoming, answer(481));
    if (record->is_changing) {
        if (live_.wait(id, [this, incoming] { resume(incoming); })) return;
        return intake_.refuse(incoming, not_now("Busy"));
    }
    if (const auto refusal = answer_out_of_order(*record, *request, context_))
        return intake_.refuse(incoming, *refusal);
    const auto& resource = context_.resources[record->resource];
    auto decision =
        decide_subscribe(intake_.gather(incoming, *request, resource.aor, record, false));
    if (const auto* refusal = std::get_if<sip::Answer>(&decision))
        return intake_.refuse(incoming, *refusal);
    const auto& grant = std::get<SubscribeGrant>(decision);
    if (grant.expires == 0) return unsubscribe(incoming, *request, id);
    refresh(incoming, *request, id, grant);
}

/// The route set is the one the dialog began with (RFC 3261 12.2).
WatcherArrival SubscriptionRefreshes::arrival_of(const IncomingSubscribe& incoming,
                                                 const sip::Message& request,
                                                 const Subscription& record,
                                                 std::string_view target) const {
    return {.flow = incoming.flow,
            .approach = intake_.approach_of(incoming, request, target, record.get(Part::route_set)),
            .has_moved = target != record.get(Part::remote_target),
            .is_proven = incoming.who.is_address_proven,
            .credit = SubscribeIntake::credit_of(incoming.who, request)};
}

SubscriptionRefreshes::Refresh SubscriptionRefreshes::plan(const IncomingSubscribe& incoming,
                                                           const sip::Message& request, Id id,
                                                           const SubscribeGrant& grant) const {
    const auto& record = *context_.subscriptions.find(id);
    const auto& resource = context_.resources[record.resource];
    const auto& profile = resource.package->profile();
    Refresh plan;
    const auto target = target_of(request, record);
    plan.arrival = arrival_of(incoming, request, record, target);
    plan.expires_at = context_.wall() + std::chrono::seconds(grant.expires);
    plan.change = context_.next_number();
    plan.mark = context_.mark_of(request);
    plan.granted = grant.expires;
    plan.remote_cseq = request.cseq();
    plan.cseq_base = record.cseq + 1;
    plan.is_pending = grant.is_pending;
    plan.permissions = grant.permissions;
    // A refresh without Accept keeps the type that was chosen, which need not be the default.
    const bool names_type = request.count(sip::Header::accept) > 0;
    const auto told = resource.views[record.view].type;
    plan.type = names_type ? type_index(profile, grant.type) : told;
    if (plan.arrival.has_moved) {
        auto parts = record.text.parts();
        parts[static_cast<std::size_t>(Part::remote_target)] = target;
        plan.text = PackedText(parts);
    }
    plan.manner = grant.manner;
    const bool is_same_class =
        plan.type == told && plan.manner == resource.views[record.view].audience().manner;
    plan.is_same_place = !plan.arrival.has_moved && is_same_class && !record.has_strayed &&
                         plan.arrival.approach == record.approach &&
                         plan.arrival.flow == sender_.ways().arrival(id, record);
    return plan;
}

/// A cheaper change of the row if only times and counters moved.
store::Change SubscriptionRefreshes::change_of(const Subscription& record, const Refresh& refresh,
                                               store::RequestMark mark) const {
    const auto state = stored_state(
        refresh.is_pending ? SubscriptionState::pending : SubscriptionState::active, record.once);
    if (refresh.is_same_place) {
        return store::TouchSubscription{
            record.id,           refresh.change,    refresh.expires_at,        refresh.granted,
            refresh.remote_cseq, refresh.cseq_base, context_.epoch_of(record), state,
            std::move(mark)};
    }
    auto row = row_of(context_, record, std::move(mark));
    const auto& resource = context_.resources[record.resource];
    row.state = state;
    row.expires_at = refresh.expires_at;
    row.granted = refresh.granted;
    row.change = refresh.change;
    row.remote_cseq = refresh.remote_cseq;
    row.cseq_base = refresh.cseq_base;
    row.flow = to_text(refresh.arrival.flow, refresh.arrival.approach);
    row.accept = accept_of(*resource.package, refresh.type, refresh.manner);
    if (!refresh.text.is_empty()) row.remote_target = refresh.text[Part::remote_target];
    return store::UpdateSubscription{std::move(row)};
}

void SubscriptionRefreshes::refresh(const IncomingSubscribe& incoming, const sip::Message& request,
                                    Id id, const SubscribeGrant& grant) {
    auto& record = *context_.subscriptions.find(id);
    auto planned = plan(incoming, request, id, grant);
    auto change = change_of(record, planned, context_.request_mark(request));
    record.is_changing = true;
    sender_.confirmations().advance(record, NotifyInput::doubt);
    context_.port.commit(
        std::move(change),
        [this, incoming = incoming, id, plan = std::make_unique<Refresh>(std::move(planned))](
            store::Outcome outcome) { apply_refresh(incoming, id, *plan, outcome); });
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the task owns the plan

void SubscriptionRefreshes::apply_refresh(const IncomingSubscribe& incoming, Id id,
                                          Refresh& refresh, store::Outcome outcome) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return refuse_ended(incoming, id);
    record->is_changing = false;
    if (outcome == store::Outcome::refused) {
        // The row is gone: so is the subscription.
        sender_.gone().forget(id);
        return refuse_ended(incoming, id);
    }
    if (outcome != store::Outcome::committed) {
        intake_.refuse_uncommitted(incoming, outcome);
        return live_.open_gate(id);
    }
    context_.resources.counters(record->resource).of(SubscribeDone::refreshed).add();
    if (!refresh.text.is_empty()) context_.subscriptions.retext(id, std::move(refresh.text));
    auto& resource = context_.resources[record->resource];
    const bool is_granted = !refresh.is_pending && record->state == SubscriptionState::pending;
    // A copy: view_for() may move the views.
    auto audience = resource.views[record->view].audience();
    if (is_granted) audience.permissions = refresh.permissions;
    audience.manner = refresh.manner;
    record->view = resource.view_for(refresh.type, audience);
    record->has_strayed = false;
    record->change = refresh.change;
    record->mark = refresh.mark;
    record->granted = refresh.granted;
    record->expires_at = refresh.expires_at;
    record->remote_cseq = refresh.remote_cseq;
    record->cseq_end = refresh.cseq_base + kCseqBlock;
    if (is_granted) {
        context_.subscriptions.move(*record, SubscriptionInput::grant);
        context_.loop.timers().cancel(record->decision);
    }
    live_.arm_expiry(id, {});
    sender_.arrivals().take(id, refresh.arrival);
    intake_.grant(incoming, accepted(*record, record->granted), *record);
    sender_.notify(id);
    live_.open_gate(id);
}

/// A NOTIFY ended the subscription while its change was under way, so those who wait are refused as
/// well.
void SubscriptionRefreshes::refuse_ended(const IncomingSubscribe& incoming, Id id) {
    intake_.refuse(incoming, answer(481));
    live_.open_gate(id);
}

void SubscriptionRefreshes::unsubscribe(const IncomingSubscribe& incoming,
                                        const sip::Message& request, Id id) {
    auto& record = *context_.subscriptions.find(id);
    record.is_changing = true;
    auto arrival = arrival_of(incoming, request, record, target_of(request, record));
    // The last NOTIFY goes to the Contact of the dialog.
    arrival.has_moved = false;
    const auto wait = live_.undecided(record);
    const auto done = [this, incoming, id, end = Ending{arrival, wait}](store::Outcome outcome) {
        apply_unsubscribe(incoming, id, end, outcome);
    };
    if (wait.until == base::WallTime{}) {
        store::RemoveSubscription change{record.id, context_.wall() + kTombstoneLife,
                                         context_.request_mark(request)};
        return context_.port.commit(std::move(change), done);
    }
    auto change = live_.wait_of(record, wait);
    change.keeps_mark = false;
    change.mark = context_.request_mark(request);
    context_.port.commit(std::move(change), done);
}

void SubscriptionRefreshes::apply_unsubscribe(const IncomingSubscribe& incoming, Id id,
                                              const Ending& end, store::Outcome outcome) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return refuse_ended(incoming, id);
    record->is_changing = false;
    if (outcome == store::Outcome::unavailable || outcome == store::Outcome::unknown) {
        intake_.refuse_uncommitted(incoming, outcome);
        return live_.open_gate(id);
    }
    if (end.wait.until != base::WallTime{} && outcome == store::Outcome::committed)
        live_.waiting().add(*record, end.wait.until);
    sender_.arrivals().take(id, end.arrival);
    intake_.grant(incoming, accepted(*record, 0), *record);
    live_.end(id, EndReason::timeout);
    live_.open_gate(id);
}

}  // namespace herald::server
