// server/admin/admin_subscriptions.cpp: subscriptions as an operator sees them.
#include "server/admin/admin_subscriptions.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

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
    return std::string(name_of(standing_of(record.state, record.liveness)));
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

SubscriptionInfo subscription_info(Shard& shard, std::uint32_t slot, std::size_t notifies) {
    auto& context = shard.context();
    const auto& record = context.subscriptions[slot];
    const auto id = context.subscriptions.id_of(slot);
    const auto& resource = context.resources[record.resource];
    SubscriptionInfo info;
    info.id = std::to_string(store::counter_of(record.id));
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
    if (const auto next = shard.sender().retries().when(id, record))
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

/// One shard's rows after `after`, the first `limit` by id, and how many match in all: looked for
/// in slices, between which the shard serves others. Of one resource only its watchers are looked
/// at.
class Search : public std::enable_shared_from_this<Search> {
public:
    struct Order {
        SubscriptionQuery query;
        std::uint64_t after = 0;
        std::size_t limit = 0;
    };
    using Answer = std::function<void(SubscriptionPage)>;

    Search(Shard& shard, Order order, Answer answer)
        : shard_(shard),
          context_(shard.context()),
          order_(std::move(order)),
          answer_(std::move(answer)) {
        if (!order_.query.resource.empty()) note_watchers();
    }

    void run() {
        const bool has_more = order_.query.resource.empty() ? look_at_all() : look_at_watchers();
        if (!has_more) return answer_(page());
        context_.loop.post([self = shared_from_this()] { self->run(); });
    }

private:
    using Id = SubscriptionTable::Id;
    static constexpr std::uint32_t kAtOnce = 2048;

    void note_watchers() {
        for (const auto* package : packages::all()) {
            const auto slot = context_.resources.find(*package, order_.query.resource);
            if (slot == Resource::kNone) continue;
            for (const auto watcher : context_.resources[slot].watchers)
                watchers_.push_back(context_.subscriptions.id_of(watcher));
        }
    }

    void look_at(Id id, const Subscription& record) {
        if (record.id == 0 || !matches(order_.query, context_, record)) return;
        ++total_;
        const auto number = store::counter_of(record.id);
        if (number > order_.after) found_.emplace_back(number, id);
        if (found_.size() >= 2 * (order_.limit + kAtOnce)) keep_first();
    }

    bool look_at_all() {
        const auto end = next_ + kAtOnce;
        const bool has_more = context_.subscriptions.for_some(
            next_, end, [this](std::uint32_t slot, const Subscription& record) {
                look_at(context_.subscriptions.id_of(slot), record);
            });
        next_ = end;
        return has_more;
    }

    bool look_at_watchers() {
        for (std::size_t n = 0; n < kAtOnce && next_ < watchers_.size(); ++n, ++next_) {
            const auto id = watchers_[next_];
            if (const auto* record = context_.subscriptions.find(id)) look_at(id, *record);
        }
        return next_ < watchers_.size();
    }

    void keep_first() {
        const auto count = std::min(order_.limit, found_.size());
        const auto end = found_.begin() + static_cast<std::ptrdiff_t>(count);
        std::partial_sort(found_.begin(), end, found_.end(),
                          [](const auto& a, const auto& b) { return a.first < b.first; });
        found_.erase(end, found_.end());
    }

    SubscriptionPage page() {
        keep_first();
        SubscriptionPage page;
        page.total = total_;
        for (const auto& [number, id] : found_) {
            if (context_.subscriptions.find(id))
                page.rows.push_back(subscription_info(shard_, id.slot, order_.query.notifies));
        }
        return page;
    }

    Shard& shard_;
    Context& context_;
    const Order order_;
    const Answer answer_;
    std::vector<Id> watchers_;
    std::uint32_t next_ = 0;
    std::size_t total_ = 0;
    std::vector<std::pair<std::uint64_t, Id>> found_;
};

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
            std::make_shared<Search>(owner, Search::Order{wanted, after, limit + 1}, answer)->run();
        });
}

}  // namespace

std::unique_ptr<SubscriptionAdmin> subscription_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardSubscriptions>(carrier);
}

}  // namespace herald::server
