// server/shard/recovery.h: rows of the store on their way back to the shards they belong to.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/heap_growth.h"
#include "server/shard/shard.h"
#include "store/starts.h"
#include "store/store.h"

namespace herald::server {

/// Hands every row to its shard, before any loop runs, on the starting thread.
class Recovery final : public store::RecoverySink {
public:
    Recovery(const std::vector<std::unique_ptr<Shard>>& shards, const store::Home& home,
             base::WallTime now, store::Starts starts = {});

    void on_alias(store::Alias row) override;
    void on_account(store::Account row) override;
    void on_policy(store::Policy row) override;
    void on_audit(store::AuditEntry row) override;
    void on_publication(store::Publication row) override;
    void on_subscription(const store::Subscription& row) override;
    bool on_confirmation(store::Confirmation row) override;
    void on_message(store::Message row) override;

    std::size_t subscriptions() const noexcept { return subscriptions_; }
    /// Above every counter and change number met.
    std::uint64_t next_id() const noexcept { return next_id_; }

private:
    Shard& shard_of(std::string_view aor) const;
    /// When what was good until `expires_at` may run out at the earliest.
    base::WallTime not_before(base::WallTime expires_at) const;
    void count_row();
    void meet(std::uint64_t id) { next_id_ = std::max(next_id_, id + 1); }

    const std::vector<std::unique_ptr<Shard>>& shards_;
    const store::Home& home_;
    const store::Starts starts_;
    base::WallTime not_before_;  ///< of what ran out while the server was away
    std::uint64_t next_id_;
    std::size_t subscriptions_ = 0;
    std::size_t rows_ = 0;  ///< of subscriptions
    base::HeapGrowth heap_;
};

}  // namespace herald::server
