// server/admin/admin_subscriptions.cpp: subscriptions as an operator sees them.
#include "server/admin/admin_subscriptions.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/admin/admin_page.h"
#include "server/notify/notify_sender.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// As RFC 6665 has it.
std::string told_name(SubscriptionState state) {
    switch (state) {
        case SubscriptionState::active:
            return "active";
        case SubscriptionState::committing:
        case SubscriptionState::pending:
            return "pending";
        case SubscriptionState::ending:
        case SubscriptionState::gone:
            break;
    }
    return "terminated";
}

std::string state_of(const Subscription& record) {
    if (!record.is_live()) return told_name(record.state);
    if (record.liveness == Liveness::suspect) return "suspect";
    if (record.liveness == Liveness::flow_lost) return "flow_lost";
    return told_name(record.state);
}

/// The wall clock's time of a moment of this run.
base::WallTime wall_time(const Context& context, base::Instant moment) {
    return context.wall() +
           std::chrono::duration_cast<std::chrono::milliseconds>(moment - context.loop.now());
}

std::vector<NotifyInfo> notifies_of(Shard& shard, SubscriptionTable::Id id, std::size_t most) {
    std::vector<NotifyInfo> told;
    if (most == 0) return told;
    for (const auto& past : shard.sender().history().of(id, most)) {
        told.push_back({wall_time(shard.context(), past.sent_at), past.cseq, told_name(past.state),
                        past.answer, past.took});
    }
    return told;
}

SubscriptionInfo info_of(Shard& shard, std::uint32_t slot, std::size_t notifies) {
    auto& context = shard.context();
    const auto& record = context.subscriptions[slot];
    const auto id = context.subscriptions.id_of(slot);
    const auto& resource = context.resources[record.resource];
    SubscriptionInfo info;
    info.id = std::to_string(record.id);
    info.package = resource.package->profile().event;
    info.resource = resource.aor;
    info.watcher = record.get(Part::watcher);
    info.state = state_of(record);
    info.call_id = record.get(Part::call_id);
    info.remote_target = record.get(Part::remote_target);
    info.flow =
        std::string(sip::uri_name(record.flow.protocol)) + ":" + record.flow.peer.to_string();
    info.certificate = context.authenticator.certificate_of(record.flow);
    info.expires_at = record.expires_at;
    if (record.last_notify != base::Instant{})
        info.last_notify = wall_time(context, record.last_notify);
    info.last_answer = record.last_answer;
    if (const auto next = shard.sender().next_try(id, record))
        info.next_retry = wall_time(context, *next);
    info.failures = record.failures;
    info.notifies = notifies_of(shard, id, notifies);
    return info;
}

bool matches(const SubscriptionQuery& query, const Context& context, const Subscription& record) {
    const auto fits = [](const std::string& wanted, std::string_view given) {
        return wanted.empty() || wanted == given;
    };
    const auto& resource = context.resources[record.resource];
    return fits(query.package, resource.package->profile().event) &&
           fits(query.resource, resource.aor) && fits(query.watcher, record.get(Part::watcher)) &&
           fits(query.state, state_of(record));
}

/// One shard's rows after `after`, the first `limit` by id; and how many match in all.
SubscriptionPage page_of(Shard& shard, const SubscriptionQuery& query, std::uint64_t after,
                         std::size_t limit) {
    auto& context = shard.context();
    SubscriptionPage page;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
    context.subscriptions.for_each([&](std::uint32_t slot, const Subscription& record) {
        if (record.id == 0 || !matches(query, context, record)) return;
        ++page.total;
        if (record.id > after) found.emplace_back(record.id, slot);
    });
    const auto count = std::min(limit, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end());
    for (std::size_t i = 0; i < count; ++i)
        page.rows.push_back(info_of(shard, found[i].second, query.notifies));
    return page;
}

class ShardSubscriptions final : public SubscriptionAdmin {
public:
    explicit ShardSubscriptions(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<SubscriptionPage> page(const SubscriptionQuery& query) override;

private:
    /// With the addresses as the shards know them.
    Result<SubscriptionQuery> canonical(SubscriptionQuery query) const;

    const AdminCarrier& carrier_;
};

Result<SubscriptionQuery> ShardSubscriptions::canonical(SubscriptionQuery query) const {
    const auto& domains = carrier_.domains();
    if (const auto aor = domains.aor(query.resource); aor && !query.resource.empty()) {
        auto resource = carrier_.resource_of(*aor);
        if (!resource) return resource.fault();
        query.resource = *std::move(resource);
    }
    if (const auto aor = domains.aor(query.watcher); aor && !query.watcher.empty())
        query.watcher = *aor;
    return query;
}

Result<SubscriptionPage> ShardSubscriptions::page(const SubscriptionQuery& query) {
    const auto after = row_id(query.after);
    if (!after) return after.fault();
    if (!query.package.empty()) {
        if (auto known = AdminCarrier::package(query.package); !known) return known.fault();
    }
    auto wanted = canonical(query);
    if (!wanted) return wanted.fault();
    const auto limit = page_size(query.limit);
    return page_of_all<SubscriptionPage>(
        carrier_, limit, [wanted = *wanted, after = *after, limit](Shard& owner, auto answer) {
            answer(page_of(owner, wanted, after, limit + 1));
        });
}

}  // namespace

std::unique_ptr<SubscriptionAdmin> subscription_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardSubscriptions>(carrier);
}

}  // namespace herald::server
