// server/core/context.h: what the parts of one shard share.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/metrics.h"
#include "server/access/accounts.h"
#include "server/access/authenticate.h"
#include "server/access/policies.h"
#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "server/config/config.h"
#include "server/core/bucket.h"
#include "server/core/cell_epochs.h"
#include "server/core/cell_rest.h"
#include "server/core/expiry.h"
#include "server/core/fan_out.h"
#include "server/core/peers.h"
#include "server/core/tables.h"
#include "sip/stack.h"
#include "store/store.h"

namespace herald::server {

/// Made and owned by the Shard; all of it belongs to the shard's thread, but `ids` and `limits`,
/// which all shards share.
struct Context {
    const Config& config;
    const Domains& domains;
    const store::Home& home;
    const CellEpochs& epochs;
    std::atomic<std::uint64_t>& ids;
    base::Loop& loop;
    sip::Stack& stack;
    store::Port& port;
    Accounts& accounts;
    Aliases& aliases;
    Policies& policies;
    Authenticator& authenticator;
    Limits& limits;
    ResourceTable& resources;
    SubscriptionTable& subscriptions;
    FanOut& fan_out;
    CellRest& rest;
    base::Metrics& metrics;
    const Peers& peers;
    unsigned shard = 0;   ///< this one
    unsigned shards = 1;  ///< of the process

    /// What the configuration says of a package: `T` is what its settings() makes.
    template <class T>
    const T& settings(const packages::Package& package) const {
        const auto* settings = resources.settings(package);
        assert(dynamic_cast<const T*>(settings));
        return static_cast<const T&>(*settings);
    }
    base::WallTime wall() const { return loop.clock().wall(); }
    Expiry expiry() const noexcept { return Expiry(loop); }
    /// Never repeats and only rises, over all restarts: orders durable changes.
    std::uint64_t next_number() const { return ids.fetch_add(1, std::memory_order_relaxed); }
    /// The number of a new row about `aor`: it is found with the others of its cell.
    std::uint64_t new_row(std::string_view aor) const {
        return store::row_number(bucket_of(home.bucket_key, aor), next_number());
    }
    /// Hash of the request that makes a change, the same for its repetition after a crash: Call-ID,
    /// CSeq, branch.
    std::uint64_t mark_of(const sip::Message& request) const;
    std::uint64_t mark_of(const store::RequestMark& mark) const;
    store::RequestMark request_mark(const sip::Message& request) const;
    /// The AOR whose resources a URI means: canonical, aliases resolved.
    std::string resource_of(const sip::Uri& uri) const {
        return std::string(aliases.resolve(domains.aor(uri)));
    }
    Cell cell_of(std::string_view aor) const noexcept {
        return server::cell_of(bucket_of(home.bucket_key, aor));
    }
    bool is_in(const Cells& cells, std::string_view aor) const noexcept {
        return !cells.one || cell_of(aor) == *cells.one;
    }
    /// Of the rows of its cell.
    std::uint32_t epoch_of(const Subscription& record) const {
        return epochs.of(resources[record.resource].cell);
    }
    /// Whether its cell is on its way.
    bool is_at_rest(const Subscription& record) const {
        return rest.has_any() && rest.is_at_rest(resources[record.resource].cell);
    }
    bool is_at_rest(std::string_view aor) const {
        return rest.has_any() && rest.is_at_rest(cell_of(aor));
    }
    /// Whether this shard owns what is kept for `aor`.
    bool is_owner_of(std::string_view aor) const;
    /// Whether the AOR is somebody's.
    bool knows(std::string_view aor) const;
};

}  // namespace herald::server
