// server/core/context.h: what the parts of one shard share.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/metrics.h"
#include "server/access/accounts.h"
#include "server/access/authenticate.h"
#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "server/config/config.h"
#include "server/core/tables.h"
#include "sip/stack.h"
#include "store/store.h"

namespace herald::server {

/// Made and owned by the Shard; all of it belongs to the shard's thread, but `ids`, which all
/// shards share.
struct Context {
    const Config& config;
    const Domains& domains;
    const store::Home& home;
    std::atomic<std::uint64_t>& ids;
    base::Loop& loop;
    sip::Stack& stack;
    store::Port& port;
    Accounts& accounts;
    Aliases& aliases;
    Authenticator& authenticator;
    ResourceTable& resources;
    SubscriptionTable& subscriptions;
    base::Metrics& metrics;
    unsigned shard = 0;   ///< this one
    unsigned shards = 1;  ///< of the process

    base::WallTime wall() const { return loop.clock().wall(); }
    /// When, on the loop's clock, something that is good until `expires_at` runs out. After an
    /// outage (docs/architecture.md: Restart) nothing does before `not_before`, and then spread
    /// over some seconds.
    base::Instant lapse_of(base::WallTime expires_at, base::WallTime not_before) const;
    /// Rises over all restarts: names rows and orders durable changes.
    std::uint64_t next_id() const { return ids.fetch_add(1, std::memory_order_relaxed); }
    /// Hash of the request that makes a change, the same for its repetition after a crash: Call-ID,
    /// CSeq, branch.
    std::uint64_t mark_of(const sip::Message& request) const;
    std::uint64_t mark_of(const store::RequestMark& mark) const;
    store::RequestMark request_mark(const sip::Message& request) const;
    /// The AOR whose resources a URI means: canonical, aliases resolved.
    std::string resource_of(const sip::Uri& uri) const {
        return std::string(aliases.resolve(domains.aor(uri)));
    }
    /// Whether this shard owns what is kept for `aor`.
    bool is_owner_of(std::string_view aor) const;
    /// Whether somebody of this AOR exists.
    bool knows(std::string_view aor) const;
};

/// Rows of what ended stay this long, for repetitions of the request that ended it: 64*T1 and some
/// time to restart.
inline constexpr auto kTombstoneLife = std::chrono::seconds(90);
/// What could not be removed when it ran out is tried again.
inline constexpr auto kExpiryRetry = std::chrono::seconds(2);

/// Buckets are part of the schema: a resource's bucket never changes.
inline constexpr std::uint32_t kBuckets = 1024;
std::uint32_t bucket_of(const base::HashKey& bucket_key, std::string_view aor) noexcept;

/// To tag of a dialog: two characters of bucket, thirteen random ones.
std::string new_local_tag(std::uint32_t bucket);
/// The bucket written in a To tag of ours; nullopt for other tags.
std::optional<std::uint32_t> bucket_of_tag(std::string_view tag) noexcept;

}  // namespace herald::server
