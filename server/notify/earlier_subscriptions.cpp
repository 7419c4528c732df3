// server/notify/earlier_subscriptions.cpp: what an earlier run left of subscriptions.
#include "server/notify/earlier_subscriptions.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "server/notify/subscription_rows.h"

namespace herald::server {

namespace {

/// Watchers told in one turn.
constexpr std::size_t kEndedAtOnce = 256;
constexpr auto kBetweenEnds = std::chrono::milliseconds(10);

}  // namespace

void EarlierSubscriptions::recover(const store::Subscription& row, base::WallTime not_before) {
    gather(row, not_before);
    list();
}

void EarlierSubscriptions::gather(const store::Subscription& row, base::WallTime not_before) {
    if (row.state == store::Subscription::State::terminated) {
        tombstones_[row.local_tag] = context_.mark_of(row.mark);
        return;
    }
    if (row.state == store::Subscription::State::waiting) {
        tombstones_[row.local_tag] = context_.mark_of(row.mark);
        return live_.waiting().recover(row, not_before);
    }
    const auto* package = packages::find(row.package);
    if (!package) {
        base::log_warning("subscription.skipped",
                          {{"call_id", row.call_id}, {"package", row.package}});
        return;
    }
    context_.subscriptions.postpone_listing();
    take_up(record_of(context_, row, *package), row.state, not_before);
}

void EarlierSubscriptions::list() {
    context_.subscriptions.list();
}

void EarlierSubscriptions::take_up(Subscription record, store::Subscription::State state,
                                   base::WallTime not_before) {
    const auto id = live_.adopt(std::move(record));
    live_.begin(id, state == store::Subscription::State::pending);
    if (const auto reason = end_of_stored(state)) {
        auto& ended = context_.subscriptions[id.slot];
        context_.subscriptions.move(ended, SubscriptionInput::end);
        ended.reason = *reason;
        // Whether the watcher might see anything is not known any more.
        ended.is_bodiless = true;
        return ended_.push_back(id);
    }
    live_.arm_expiry(id, not_before);
}

void EarlierSubscriptions::resume() {
    if (!ended_.empty()) tell_some_ends(std::exchange(ended_, {}));
}

void EarlierSubscriptions::tell_some_ends(std::vector<Id> ids) {
    const auto rest = ids.size() - std::min(ids.size(), kEndedAtOnce);
    context_.loop.timers().arm(
        context_.loop.now() + kBetweenEnds,
        [this, rest, ids = std::make_unique<std::vector<Id>>(std::move(ids))]() mutable {
            for (; ids->size() > rest; ids->pop_back()) sender_.tell_end(ids->back());
            if (!ids->empty()) tell_some_ends(std::move(*ids));
        });
}

bool EarlierSubscriptions::was_ended_by(const sip::Message& request) const {
    if (tombstones_.empty()) return false;
    const auto found = tombstones_.find(std::string(request.to_tag()));
    return found != tombstones_.end() && found->second == context_.mark_of(request);
}

void EarlierSubscriptions::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(tombstones_, [&](const auto& entry) {
        const auto bucket = bucket_of_tag(entry.first);
        return bucket && server::cell_of(*bucket) == cell;
    });
}

}  // namespace herald::server
