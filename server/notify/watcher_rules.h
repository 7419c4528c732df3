// server/notify/watcher_rules.h: rules as they change, by somebody or by time, and what becomes of
// the live subscriptions (RFC 5025 3.2.1).
//
//   pending --allowed, polite-block--> active       active --confirm--> pending
//   pending, active --block--> terminated;rejected
//   active: another part of the document, where that is another document
//
// What was withdrawn is withheld from the same moment; rows follow, and a start judges all again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "server/access/authorize.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"
#include "server/notify/judged_rows.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/owner_decisions.h"
#include "server/notify/policy_counts.h"

namespace herald::server {

/// One per shard, on its thread.
class WatcherRules {
public:
    using Id = SubscriptionTable::Id;

    WatcherRules(Context& context, NotifySender& sender, LiveSubscriptions& live);

    /// What a scope says from now on, durably.
    void put(const PolicyPtr& policy);
    /// After any change of what decides who may see resources of `owner`.
    void judge_owner(std::string_view owner);
    /// ... or whatever resource.
    void judge_all();
    /// ... or what these watchers may see.
    void judge(std::vector<Id> ids);
    /// What an owner decides beside his rules.
    OwnerDecisions& decisions() noexcept { return decisions_; }
    /// After recovery, before anybody is told.
    void resume(const Cells& cells);
    void forget_some(Cell cell, Forgetting& forgetting);
    std::size_t held() const noexcept { return spheres_.size() + boundaries_.size(); }

private:
    void judge_scope(std::string_view scope);
    void add_watchers(const Resource& resource, std::vector<Id>& ids) const;
    void judge_waiting(std::string_view owner);
    void judge_one(Id id);
    void apply(Id id, Subscription& record, const Judgement& judgement);
    void grant(Id id, Subscription& record);
    void suspend(Id id, Subscription& record);
    void show(Id id, Subscription& record, const PermissionsPtr& permissions);
    void on_changed(std::uint32_t slot);
    void arm_boundary(const std::string& scope);

    Context& context_;
    NotifySender& sender_;
    LiveSubscriptions& live_;
    PolicyCounts counts_;
    JudgedRows rows_;
    OwnerDecisions decisions_;
    base::TextMap<std::string> spheres_;       ///< of owners whose rules ask for it
    base::TextMap<base::TimerId> boundaries_;  ///< of scopes whose rules begin or end some time
    base::Counter& judged_;
};

}  // namespace herald::server
