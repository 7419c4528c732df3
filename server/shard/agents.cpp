// server/shard/agents.cpp: the agents of one shard: the list of them, and what
// happens told to all.
#include "server/shard/agents.h"

#include <algorithm>
#include <utility>

#include "server/calls/calls.h"
#include "server/core/devices.h"
#include "server/feed/feed.h"
#include "server/feed/hook_queue.h"
#include "server/feed/journal.h"
#include "server/feed/reporter.h"
#include "server/feed/request_keeper.h"
#include "server/message/messaging.h"
#include "server/mwi/mailbox_notices.h"
#include "server/mwi/mailboxes.h"
#include "server/notify/notify_sender.h"
#include "server/notify/returning_watchers.h"
#include "server/provisioning/awaited_devices.h"
#include "server/provisioning/device_logins.h"
#include "server/provisioning/device_requests.h"
#include "server/provisioning/enrolments.h"
#include "server/provisioning/jobs.h"
#include "server/provisioning/known_devices.h"
#include "server/provisioning/pnp.h"
#include "server/provisioning/profile_keeper.h"
#include "server/register/bindings.h"
#include "server/register/registered_devices.h"
#include "server/register/registration_presence.h"
#include "server/subscriber/upstream.h"

namespace herald::server {

/// One line for each agent; an agent that needs another one comes after it.
Agents::Agents(const AgentParts& p) {
    auto& bindings = add<Bindings>(p, p.context, p.publications);
    devices_ = std::make_unique<RegisteredDevices>(p.context, bindings);
    p.peers.offer<Devices>(p.context.shard, *devices_);
    add<RegistrationPresence>(p, p.context, p.publications);
    add<ReturningWatchers>(p, p.context);
    auto& upstream = add<Upstream>(p, p.context, p.orders, p.locator);
    auto& mailboxes = add<Mailboxes>(p, p.context, p.orders, upstream);
    add<Calls>(p, p.context, p.publications, p.orders, upstream);
    add<MailboxNotices>(p, p.context, mailboxes, bindings, p.locator);
    add<Messaging>(p, p.context, bindings, p.locator);
    auto& known = add<KnownDevices>(p, p.context, bindings);
    auto& enrolments = add<Enrolments>(p, p.context);
    const auto& logins = add<DeviceLogins>(p, p.context);
    auto& awaited = add<AwaitedDevices>(p, p.context, bindings);
    add<DeviceRequests>(p, p.context, bindings, awaited, logins, p.locator);
    add<Jobs>(p, p.context);
    add<Pnp>(p, p.context, known);
    add<ProfileKeeper>(p, p.context, p.profiles);
    add<HookQueue>(p, p.context);
    add<RequestKeeper>(p, p.context);
    add<Journal>(p, p.context, p.sender, bindings);
    if (p.feed) {
        add<Reporter>(p, p.context, p.feed->inlet(p.context.shard),
                      Sources{p.watchers, p.sender, bindings, upstream, p.audit});
    }

    p.sender.on_delivered(
        [&enrolments](const Subscription& record, const packages::Composed* told) {
            enrolments.on_delivered(record, told);
        });
    p.context.fan_out.on_changed([this](std::uint32_t resource) {
        for (const auto& each : all_) each->on_changed(resource);
    });
    bindings.on_registration([this](const std::string& aor, std::string_view flow) {
        for (const auto& each : all_) each->on_registered(aor, flow);
    });
}

Agents::~Agents() = default;

template <class T, class... Parts>
T& Agents::add(const AgentParts& parts, Parts&&... given) {
    auto made = std::make_unique<T>(std::forward<Parts>(given)...);
    auto& agent = *made;
    parts.peers.offer(parts.context.shard, agent);
    all_.push_back(std::move(made));
    return agent;
}

bool Agents::recover(store::Publication& row, base::WallTime not_before) {
    for (const auto& each : all_) {
        if (!each->takes(row)) continue;
        each->recover(std::move(row), not_before);
        return true;
    }
    return false;
}

void Agents::on_departure(Cell cell) {
    for (const auto& each : all_) each->on_departure(cell);
}

bool Agents::has_changes(Cell cell) const {
    return std::any_of(all_.begin(), all_.end(),
                       [cell](const auto& each) { return each->has_changes(cell); });
}

bool Agents::has_flights(Cell cell) const {
    return std::any_of(all_.begin(), all_.end(),
                       [cell](const auto& each) { return each->has_flights(cell); });
}

void Agents::forget(Cell cell) {
    for (const auto& each : all_) each->forget(cell);
}

std::size_t Agents::held() const noexcept {
    std::size_t held = 0;
    for (const auto& each : all_) held += each->held();
    return held;
}

void Agents::on_flow_closed(const sip::Flow& flow) {
    for (const auto& each : all_) each->on_flow_closed(flow);
}

bool Agents::on_notify(sip::ServerTransactionId transaction, const sip::Message& request) {
    for (const auto& each : all_) {
        if (each->on_notify(transaction, request)) return true;
    }
    return false;
}

}  // namespace herald::server
