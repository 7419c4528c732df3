// server/shard/recovered_rows.cpp: rows of the store come back into the memory of one shard.
#include "server/shard/recovered_rows.h"

#include <utility>

#include "server/core/flow_text.h"
#include "server/core/watcher_list.h"
#include "server/message/messaging.h"
#include "server/notify/earlier_subscriptions.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/moved_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/notify/watcher_rights.h"
#include "server/notify/watcher_rules.h"
#include "server/publish/compositor.h"
#include "server/shard/agents.h"

namespace herald::server {

void RecoveredRows::recover(store::Publication row, base::WallTime not_before) {
    if (!parts_.agents.recover(row, not_before))
        parts_.compositor.recover(std::move(row), not_before);
}

void RecoveredRows::recover(const store::Subscription& row, base::WallTime not_before) {
    remember_login(row);
    parts_.earlier.recover(row, not_before);
}

void RecoveredRows::gather(const store::Subscription& row, base::WallTime not_before) {
    remember_login(row);
    parts_.earlier.gather(row, not_before);
}

/// The watcher has been there: guesses at the password from elsewhere do not lock him out.
void RecoveredRows::remember_login(const store::Subscription& row) {
    auto& context = parts_.context;
    if (context.config.auth != AuthMode::digest) return;  // nobody has to guess anything
    const auto flow = flow_from_text(row.flow);
    if (flow.peer.is_valid())
        context.limits.guesses.succeeded({row.watcher, flow.peer}, context.loop.now());
}

void RecoveredRows::recover(const store::Message& row) {
    parts_.agents.get<Messaging>().stored().recover(row);
}

bool RecoveredRows::recover(const store::Confirmation& row) {
    parts_.earlier.list();
    auto& resources = parts_.context.resources;
    const auto* package = packages::find(row.package);
    const auto slot = package ? resources.find(*package, row.aor) : Resource::kNone;
    if (slot == Resource::kNone || resources[slot].watchers.empty()) return false;
    resources[slot].confirmed_fingerprint = row.fingerprint;
    resources[slot].confirmed_through = row.through;
    return true;
}

void RecoveredRows::resume(const Cells& cells) {
    parts_.earlier.list();
    Resumption resumption(*this, cells);
    while (resumption.step()) {
    }
}

void RecoveredRows::await_copies() {
    auto& loop = parts_.context.loop;
    loop.timers().cancel(copies_end_);
    copies_end_ = loop.timers().arm(loop.now() + kTombstoneLife, [this] {
        copies_end_ = {};
        parts_.earlier.forget_tombstones();
        parts_.compositor.forget_tombstones();
    });
}

bool Resumption::step() {
    const auto& parts = rows_.parts_;
    auto& resources = parts.context.resources;
    if (agent_ < parts.agents.all().size()) {
        parts.agents.all()[agent_++]->resume(cells_);
        return true;
    }
    if (!std::exchange(has_resources_, true)) {
        resources.for_each_of(
            cells_, [this](std::uint32_t slot, const Resource&) { slots_.push_back(slot); });
    }
    if (slots_.empty()) {
        resume_others();
        return false;
    }
    const auto slot = slots_.back();
    slots_.pop_back();
    if (resources.holds(slot)) {
        // Nobody knows any more when; a start comes after a pause of its own.
        parts.sender.resume(slot, cells_.one ? parts.context.loop.now() : base::Instant{});
        resources.drop_if_idle(slot);
    }
    return true;
}

void Resumption::resume_others() {
    const auto& parts = rows_.parts_;
    if (!cells_.one) parts.live.resume();
    parts.earlier.resume();
    parts.watchers.resume();
    parts.rights.resume(cells_);
    parts.rules.resume(cells_);
    parts.moved.end_all(cells_);
    rows_.await_copies();
}

}  // namespace herald::server
