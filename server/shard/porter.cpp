// server/shard/porter.cpp: what the stack of a shard asks and tells.
#include "server/shard/porter.h"

#include "base/idle_trim.h"
#include "server/message/edge.h"
#include "server/notify/notify_sender.h"
#include "server/shard/agents.h"
#include "server/shard/reception.h"

namespace herald::server {

Porter::Porter(base::Loop& loop, base::Metrics& metrics)
    : loop_(loop),
      refusals_(metrics, loop.clock()),
      idle_trim_(std::make_unique<base::IdleTrim>(loop)) {}

Porter::~Porter() = default;

bool Porter::admits(const sip::Message& request, sip::Load load) {
    return is_worth_serving(request, shares_.judged(asking_, load, loop_.now()));
}

sip::Role Porter::role_for(const sip::Message& request, const sip::Flow& flow) const {
    return parts_->edge.role_for(request, flow);
}

void Porter::pass_on(const sip::Message& request, const sip::Flow& flow) {
    idle_trim_->note_work();
    parts_->edge.pass_on(request, flow);
}

bool Porter::pass_back(const sip::Message& answer) {
    return parts_->edge.pass_back(answer);
}

void Porter::on_request(sip::ServerTransactionId id, const sip::Message& message,
                        const sip::Flow& flow) {
    idle_trim_->note_work();
    parts_->reception.receive(id, message, flow);
}

void Porter::on_flow_closed(const sip::Flow& flow) {
    parts_->agents.on_flow_closed(flow);
    // Other shards may have transactions on the stream: its owner tells them.
    const auto shard = parts_->context.shard;
    if (!sip::is_reliable(flow.protocol) || flow.shard != shard) return;
    parts_->context.peers.post_to_others<sip::Stack>(
        shard, [flow](sip::Stack& stack) { stack.on_flow_closed(flow); });
}

void Porter::on_refused(const sip::Message& request, const sip::Flow& flow,
                        const sip::Answer& answer) {
    refusals_.note(request, flow, answer);
}

void Porter::on_sign_of_life(const sip::Flow& flow) {
    asking_ = flow.peer;
    parts_->sender.silent().on_sign_of_life(flow);
}

}  // namespace herald::server
