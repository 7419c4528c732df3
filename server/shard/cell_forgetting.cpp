// server/shard/cell_forgetting.cpp: everything of one cell leaves the memory of a shard.
#include "server/shard/cell_forgetting.h"

#include "server/notify/earlier_subscriptions.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/notify/watcher_rules.h"
#include "server/publish/compositor.h"
#include "server/publish/publications.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

/// Watchers of one resource that go in one step.
constexpr std::size_t kAtOnce = 32;

}  // namespace

/// Agents first: they find what they hold by what the other parts hold.
bool CellForgetting::step() {
    return done_ > parts_.agents.all().size() ? forget_some() : forget_part();
}

bool CellForgetting::forget_part() {
    const auto& agents = parts_.agents.all();
    forgetting_.begin();
    if (done_ < agents.size()) {
        agents[done_]->forget_some(cell_, forgetting_);
    } else {
        forget_others();
    }
    if (!forgetting_.is_done()) return true;
    forgetting_ = {};
    return ++done_ > 0;
}

bool CellForgetting::has_left() const {
    return !parts_.context.resources.slots_of(cell_).empty();
}

void CellForgetting::forget_others() {
    parts_.rules.forget_some(cell_, forgetting_);
    parts_.live.waiting().forget_some(cell_, forgetting_);
    parts_.earlier.forget_some(cell_, forgetting_);
    parts_.compositor.forget_some(cell_, forgetting_);
}

/// The last one but those that were skipped, which take the places of those that go.
bool CellForgetting::forget_some() {
    auto& resources = parts_.context.resources;
    const auto& slots = resources.slots_of(cell_);
    if (slots.size() <= skipped_) return false;
    const auto slot = slots[slots.size() - 1 - skipped_];
    auto& resource = resources[slot];
    if (resource.is_changing || !forget_watchers(resource)) return ++skipped_ > 0;
    if (!resource.watchers.empty()) return true;
    parts_.sender.gone().forget_all_of(slot);
    parts_.publications.forget(slot);
    return true;
}

/// Some of them; false: the next one is being changed.
bool CellForgetting::forget_watchers(Resource& resource) {
    auto& subscriptions = parts_.context.subscriptions;
    resource.is_held = true;
    for (std::size_t n = 0; n < kAtOnce && !resource.watchers.empty(); ++n) {
        const auto watcher = resource.watchers.back();
        if (subscriptions[watcher].is_changing) return resource.is_held = false;
        parts_.sender.gone().forget(subscriptions.id_of(watcher));
    }
    return true;
}

}  // namespace herald::server
