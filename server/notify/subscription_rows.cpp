// server/notify/subscription_rows.cpp: a subscription as the store keeps it, and back.
#include "server/notify/subscription_rows.h"

#include <memory>
#include <utility>

#include "base/text.h"
#include "server/address/instance.h"
#include "server/core/credit.h"
#include "server/core/duration.h"
#include "server/core/flow_text.h"
#include "server/core/judge.h"
#include "server/notify/cseq_blocks.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// Of a subscription that an earlier release kept.
sip::Approach usual_approach(const store::Subscription& row) {
    return row.route_set.empty() ? sip::Approach::flow : sip::Approach::route;
}

/// What it may show. Whether it may live is judged once everything is recovered.
PermissionsPtr permissions_of(const Context& context, const Subscription& record) {
    const bool has_rules = !context.policies.is_empty() || !context.config.authz_defaults.empty();
    const bool is_put_off = record.once == Once::polite_block;
    if (!has_rules && !is_put_off && context.config.auth != AuthMode::digest) return nullptr;
    static const auto kNothing = std::make_shared<const pidf::Permissions>();
    const auto judgement = judge(context, record);
    // Whoever is to be ended, or has to wait again, sees nothing until that is done.
    return judgement.is_active() ? judgement.permissions : kNothing;
}

/// Its stream, where this run has it still; else where it led.
sip::Flow flow_of(const store::Subscription& row, std::uint32_t epoch) {
    const auto living = flow_of_binding(row.flow, epoch);
    return living ? *living : flow_from_text(row.flow);
}

/// What accept_of() wrote.
struct Accepted {
    std::uint8_t type = 0;
    std::string_view manner{};
};
Accepted read_accept(const packages::Profile& profile, std::string_view text) {
    if (profile.is_enrolment) return {0, text};
    const auto parts = base::split_once(text, ' ');
    return {type_index(profile, parts.before), parts.after};
}

}  // namespace

std::string accept_of(const packages::Package& package, std::uint8_t type,
                      const std::string& manner) {
    const auto& profile = package.profile();
    if (profile.is_enrolment) return manner;
    std::string accept(profile.notify_types[type]);
    if (!manner.empty()) accept.append(" ").append(manner);
    return accept;
}

store::Subscription row_of(const Context& context, const Subscription& record,
                           store::RequestMark mark) {
    const auto& resource = context.resources[record.resource];
    store::Subscription row;
    row.id = record.id;
    row.package = resource.package->profile().event;
    row.aor = resource.aor;
    row.watcher = record.get(Part::watcher);
    row.state = stored_state(record.state, record.once);
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
    const auto& view = resource.views[record.view];
    row.accept = accept_of(*resource.package, view.type, view.audience().manner);
    row.entity = record.get(Part::entity);
    row.instance = record.get(Part::instance);
    row.flow = binding_flow(record.flow, context.home.epoch, record.approach, true);
    row.remote_cseq = record.remote_cseq;
    row.cseq_base = record.cseq + 1;
    row.epoch = context.epoch_of(record);
    row.mark = std::move(mark);
    return row;
}

Subscription record_of(Context& context, const store::Subscription& row,
                       const packages::Package& package) {
    // Rows of earlier versions have the instance as the device wrote it.
    const auto instance = base::lower(instance_in(row.instance));
    Subscription record;
    record.text =
        PackedText({row.call_id, row.local_uri, row.remote_uri, row.remote_target, row.local_tag,
                    row.remote_tag, row.event, row.watcher, row.entity, instance, row.route_set});
    record.id = row.id;
    record.change = row.change;
    record.mark = context.mark_of(row.mark);
    record.expires_at = row.expires_at;
    record.granted = row.granted;
    record.flow = flow_of(row, context.home.epoch);
    record.source = context.subscriptions.loads().source_of(record.flow.peer);
    record.approach = approach_in(row.flow).value_or(usual_approach(row));
    record.has_way = sip::is_flow_first(record.approach, record.flow);
    // Whoever asked in an earlier run has been notified at that address.
    record.is_proven = record.has_way;
    record.credit = kUsualCredit;
    record.remote_cseq = row.remote_cseq;
    record.once = once_of_stored(row.state);
    record.resource = context.resources.obtain(package, row.aor);
    auto& resource = context.resources[record.resource];
    const auto epoch = context.epochs.of(resource.cell);
    record.cseq = row.cseq_base + (epoch - row.epoch) * kCseqBlock - 1;
    record.cseq_end = record.cseq + 1 + kCseqBlock;
    const auto accept = read_accept(package.profile(), row.accept);
    record.view =
        resource.view_for(accept.type, row.entity, permissions_of(context, record), accept.manner);
    return record;
}

}  // namespace herald::server
