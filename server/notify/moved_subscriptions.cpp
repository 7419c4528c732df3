// server/notify/moved_subscriptions.cpp: subscriptions whose URI leads to another resource than
// when they were made.
#include "server/notify/moved_subscriptions.h"

#include <utility>

#include "server/core/slices.h"

namespace herald::server {

MovedSubscriptions::MovedSubscriptions(Context& context, LiveSubscriptions& live)
    : context_(context),
      live_(live),
      ended_(context.metrics.counter(
          "herald_subscriptions_sent_elsewhere_total",
          "Subscriptions ended because their URI leads to another resource now")) {}

bool MovedSubscriptions::has_moved(const Subscription& record) const {
    if (!record.is_live()) return false;
    const auto& aor = context_.resources[record.resource].aor;
    const auto entity = record.get(PackedText::Part::entity);
    if (entity == aor && context_.aliases.resolve(aor) == aor) return false;
    const auto uri = sip::parse_uri(entity);
    return uri && context_.domains.serves(*uri) && context_.resource_of(*uri) != aor;
}

void MovedSubscriptions::end_those_of(std::string_view aor) {
    std::vector<Id> moved;
    for (const auto* package : packages::all()) {
        const auto slot = context_.resources.find(*package, aor);
        if (slot == Resource::kNone) continue;
        for (const auto watcher : context_.resources[slot].watchers) {
            if (has_moved(context_.subscriptions[watcher]))
                moved.push_back(context_.subscriptions.id_of(watcher));
        }
    }
    end_each(std::move(moved));
}

void MovedSubscriptions::end_all(const Cells& cells) {
    std::vector<Id> moved;
    context_.subscriptions.for_each([&](std::uint32_t slot, const Subscription& record) {
        const auto& aor = context_.resources[record.resource].aor;
        if (context_.is_in(cells, aor) && has_moved(record))
            moved.push_back(context_.subscriptions.id_of(slot));
    });
    end_each(std::move(moved));
}

void MovedSubscriptions::end_each(std::vector<Id> ids) {
    in_slices(context_.loop, std::move(ids), [this](Id id) { end(id); });
}

void MovedSubscriptions::end(Id id) {
    const auto* record = context_.subscriptions.find(id);
    if (!record || !has_moved(*record)) return;
    if (record->is_changing) {
        context_.loop.timers().arm(context_.loop.now() + kExpiryRetry, [this, id] { end(id); });
        return;
    }
    ended_.add();
    live_.run_out(id, EndReason::deactivated);
}

}  // namespace herald::server
