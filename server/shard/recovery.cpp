// server/shard/recovery.cpp: rows of the store on their way back to the shards they belong to.
#include "server/shard/recovery.h"

#include <algorithm>

#include "server/core/bucket.h"
#include "server/core/duration.h"
#include "server/shard/recovered_rows.h"

namespace herald::server {

namespace {

/// After a downtime nothing lapses for as long as that lasted, but no longer than this
/// (docs/architecture.md: Restart).
constexpr std::chrono::milliseconds kMostGrace = std::chrono::seconds(60);
/// About half a megabyte of subscriptions. A store with fewer leaves the heap as it is.
constexpr std::size_t kRowsBetweenLooks = 1024;
// A run that lasts longer than one start counts for has ended what it found, ten seconds of spread
// included.
static_assert(store::kOneStart >= 2 * kMostGrace + kExpiryGrace + std::chrono::seconds(10));

base::WallTime end_of_grace(const store::Home& home, base::WallTime now) {
    if (home.last_alive == base::WallTime{}) return now;
    return now + std::clamp<std::chrono::milliseconds>(now - home.last_alive,
                                                       std::chrono::milliseconds(0), kMostGrace);
}

}  // namespace

Recovery::Recovery(const std::vector<std::unique_ptr<Shard>>& shards, const store::Home& home,
                   base::WallTime now, store::Starts starts)
    : shards_(shards),
      home_(home),
      starts_(starts),
      not_before_(end_of_grace(home, now)),
      next_id_(home.next_id) {}

/// What ran out before the last start had its grace then. It is not given all of it anew with each
/// start: it ends in time, however often that happens.
base::WallTime Recovery::not_before(base::WallTime expires_at) const {
    const bool is_new = expires_at + kExpiryGrace >= std::max(home_.last_alive, starts_.last);
    if (is_new) return not_before_;
    return std::min(not_before_, std::max(expires_at, starts_.unsettled_since) + kMostGrace);
}

Shard& Recovery::shard_of(std::string_view aor) const {
    if (shards_.size() == 1) return *shards_.front();
    return *shards_[shard_of_aor(home_.bucket_key, aor, shards_.size())];
}

void Recovery::on_alias(store::Alias row) {
    for (const auto& shard : shards_) shard->context().aliases.put(row);
}

void Recovery::on_account(store::Account row) {
    const auto account = std::make_shared<const store::Account>(std::move(row));
    for (const auto& shard : shards_) shard->context().accounts.put(account);
}

void Recovery::on_policy(store::Policy row) {
    meet(row.revision);
    const auto policy = policy_of(std::move(row));
    for (const auto& shard : shards_) shard->context().policies.put(policy);
}

void Recovery::on_audit(store::AuditEntry row) {
    meet(row.id);
    shards_.front()->audit().recover(std::move(row));
}

void Recovery::on_publication(store::Publication row) {
    meet(store::counter_of(row.id));
    auto& shard = shard_of(row.aor);
    const auto from = not_before(row.expires_at);
    shard.rows().recover(std::move(row), from);
}

void Recovery::count_row() {
    if (++rows_ % kRowsBetweenLooks == 0) heap_.follow();
}

void Recovery::on_subscription(const store::Subscription& row) {
    count_row();
    meet(std::max(store::counter_of(row.id), row.change));
    const bool is_over = row.state == store::Subscription::State::terminated ||
                         row.state == store::Subscription::State::waiting;
    if (!is_over) ++subscriptions_;
    shard_of(row.aor).rows().gather(row, not_before(row.expires_at));
}

bool Recovery::on_confirmation(store::Confirmation row) {
    meet(row.through);
    return shard_of(row.aor).rows().recover(row);
}

void Recovery::on_message(store::Message row) {
    meet(store::counter_of(row.id));
    shard_of(row.recipient).rows().recover(row);
}

}  // namespace herald::server
