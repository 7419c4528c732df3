// server/notify/moved_subscriptions.cpp: subscriptions whose URI leads to another resource than
// when they were made.
#include "server/notify/moved_subscriptions.h"

#include <memory>
#include <utility>

namespace herald::server {

namespace {

/// Ended at once; others get their turn before the next ones.
constexpr std::size_t kAtOnce = 256;
constexpr auto kBetween = std::chrono::milliseconds(10);

}  // namespace

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
    end_some(std::move(moved));
}

void MovedSubscriptions::end_all() {
    std::vector<Id> moved;
    context_.subscriptions.for_each([&](std::uint32_t slot, const Subscription& record) {
        if (has_moved(record)) moved.push_back(context_.subscriptions.id_of(slot));
    });
    end_some(std::move(moved));
}

void MovedSubscriptions::end_some(std::vector<Id> ids) {
    for (std::size_t n = 0; n < kAtOnce && !ids.empty(); ++n) {
        const auto id = ids.back();
        ids.pop_back();
        end(id);
    }
    if (ids.empty()) return;
    context_.loop.timers().arm(
        context_.loop.now() + kBetween,
        [this, ids = std::make_unique<std::vector<Id>>(std::move(ids))]() mutable {
            end_some(std::move(*ids));
        });
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
