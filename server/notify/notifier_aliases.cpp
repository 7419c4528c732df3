// server/notify/notifier_aliases.cpp: subscriptions whose URI leads to another resource than when
// they were made: they are ended so that their watchers subscribe again (RFC 6665 4.1.3,
// deactivated).
#include <algorithm>
#include <memory>

#include "server/notify/notifier.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// Ended at once; others get their turn before the next ones.
constexpr std::size_t kAtOnce = 256;
constexpr auto kBetween = std::chrono::milliseconds(10);

}  // namespace

bool Notifier::is_misplaced(const Subscription& record) const {
    const auto& aor = context_.resources[record.resource].aor;
    const auto entity = record.get(Part::entity);
    if (entity == aor && context_.aliases.resolve(aor) == aor) return false;
    const auto uri = sip::parse_uri(entity);
    return uri && context_.domains.serves(*uri) && context_.resource_of(*uri) != aor;
}

void Notifier::send_elsewhere(std::string_view aor) {
    std::vector<Id> misplaced;
    for (const auto* package : packages::all()) {
        const auto slot = context_.resources.find(*package, aor);
        if (slot == Resource::kNone) continue;
        for (const auto watcher : context_.resources[slot].watchers) {
            if (is_misplaced(context_.subscriptions[watcher]))
                misplaced.push_back(context_.subscriptions.id_of(watcher));
        }
    }
    send_some_elsewhere(std::move(misplaced));
}

void Notifier::send_strays_elsewhere() {
    std::vector<Id> misplaced;
    context_.subscriptions.for_each([&](std::uint32_t slot, const Subscription& record) {
        if (is_misplaced(record)) misplaced.push_back(context_.subscriptions.id_of(slot));
    });
    send_some_elsewhere(std::move(misplaced));
}

void Notifier::send_some_elsewhere(std::vector<Id> ids) {
    for (std::size_t n = 0; n < kAtOnce && !ids.empty(); ++n) {
        const auto id = ids.back();
        ids.pop_back();
        send_one_elsewhere(id);
    }
    if (ids.empty()) return;
    context_.loop.timers().arm(
        context_.loop.now() + kBetween,
        [this, ids = std::make_unique<std::vector<Id>>(std::move(ids))]() mutable {
            send_some_elsewhere(std::move(*ids));
        });
}

void Notifier::send_one_elsewhere(Id id) {
    const auto* record = context_.subscriptions.find(id);
    if (!record || record->state == SubscriptionState::ending || !is_misplaced(*record)) return;
    if (!record->is_changing) return run_out(id, EndReason::deactivated);
    context_.loop.timers().arm(context_.loop.now() + kExpiryRetry,
                               [this, id] { send_one_elsewhere(id); });
}

}  // namespace herald::server
