// server/admin/admin_service.cpp: the operator's operations, carried to the shards and back.
#include "server/admin/admin_service.h"

#include <algorithm>

#include "base/text.h"
#include "server/admin/admin_ask.h"
#include "server/shard/link.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

constexpr std::size_t kMostRows = 1000;

std::string state_of(const Subscription& record) {
    if (!record.is_live()) return std::string(name_of(record.state));
    if (record.liveness == Liveness::suspect) return "suspect";
    if (record.liveness == Liveness::flow_lost) return "flow_lost";
    return std::string(name_of(record.state));
}

SubscriptionInfo info_of(Context& context, const Subscription& record) {
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
    info.expires_at = record.expires_at;
    if (record.last_notify != base::Instant{}) {
        const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(context.loop.now() -
                                                                               record.last_notify);
        info.last_notify = context.wall() - ago;
    }
    info.last_answer = record.last_answer;
    info.failures = record.failures;
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

std::string_view name_of_rank(packages::Rank rank) {
    static constexpr std::string_view kNames[] = {"default", "registration", "hard",
                                                  "derived", "publish",      "override"};
    return kNames[static_cast<std::size_t>(rank)];
}

ResourceInfo info_of(Context& context, const packages::Package& package, const std::string& aor) {
    ResourceInfo info;
    info.package = package.profile().event;
    info.aor = aor;
    const auto slot = context.resources.find(package, aor);
    Resource nobody;
    nobody.aor = aor;
    nobody.package = &package;
    nobody.settings = context.resources.settings();
    Resource& resource = slot == Resource::kNone ? nobody : context.resources[slot];
    ViewState view;
    const auto& composed = resource.compose(view, context.wall());
    info.type = composed.document.type;
    info.body = composed.document.body;
    if (composed.version_at < info.body.size()) info.body.insert(composed.version_at, "0");
    info.watchers = resource.watchers.size();
    for (const auto& publication : resource.publications) {
        PublicationInfo row;
        row.source = publication.source;
        row.publisher = publication.publisher;
        row.entity_tag_prefix = publication.entity_tag.substr(0, 6);
        row.type = publication.type;
        row.rank = name_of_rank(publication.rank);
        row.arrived = publication.arrived;
        if (!publication.is_hard()) row.expires_at = publication.expires_at;
        row.size = publication.body.size();
        row.body = publication.body;
        info.publications.push_back(std::move(row));
    }
    return info;
}

/// One shard's rows after `after`, the first `limit` by id; and how many match in all.
SubscriptionPage page_of(Context& context, const SubscriptionQuery& query, std::uint64_t after,
                         std::size_t limit) {
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
        page.rows.push_back(info_of(context, context.subscriptions[found[i].second]));
    return page;
}

Fault no_package(std::string_view name) {
    std::string known;
    for (const auto* package : packages::all()) {
        known += (known.empty() ? "" : ", ") + std::string(package->profile().event);
    }
    return {FaultKind::unknown_event,
            "There is no event package " + std::string(name) + "; there are " + known};
}

}  // namespace

AdminService::AdminService(std::vector<Shard*> shards, const Domains& domains, store::Store& store,
                           std::string realm)
    : shards_(std::move(shards)), domains_(domains), store_(store), realm_(std::move(realm)) {}

Health AdminService::health() const {
    if (is_closed_) return {false, "The server is stopping"};
    if (!store_.is_writable()) return {false, "The store cannot be written"};
    return {true, {}};
}

Result<std::string> AdminService::our_aor(std::string_view aor) const {
    auto canonical = domains_.aor(aor);
    if (!canonical)
        return Fault{FaultKind::malformed, "This is no SIP address: " + std::string(aor)};
    if (!domains_.serves_host(domain_of(*canonical))) {
        return Fault{FaultKind::not_found,
                     std::string(domain_of(*canonical)) + " is no domain of this server"};
    }
    return *std::move(canonical);
}

Result<std::string> AdminService::our_resource(std::string_view aor) const {
    auto canonical = our_aor(aor);
    return canonical ? resource_of(*canonical) : std::move(canonical);
}

Result<AdminService::Named> AdminService::named(std::string_view package,
                                                std::string_view aor) const {
    const auto* found = packages::find(package);
    if (!found) return no_package(package);
    auto canonical = our_resource(aor);
    if (!canonical) return canonical.fault();
    return Named{found, *std::move(canonical)};
}

Shard& AdminService::owner_of(std::string_view aor) const {
    return *shards_[shard_of_aor(store_.home(), aor, shards_.size())];
}

Result<SubscriptionPage> AdminService::subscriptions(const SubscriptionQuery& query) {
    const auto after =
        query.after.empty() ? std::optional<std::uint64_t>(0) : base::to_u64(query.after);
    if (!after) return Fault{FaultKind::malformed, "'after' is no id of a row"};
    if (!query.package.empty() && !packages::find(query.package)) return no_package(query.package);
    auto canonical = query;
    if (const auto aor = domains_.aor(query.resource); aor && !query.resource.empty()) {
        auto resource = resource_of(*aor);
        if (!resource) return resource.fault();
        canonical.resource = *std::move(resource);
    }
    if (const auto aor = domains_.aor(query.watcher); aor && !query.watcher.empty())
        canonical.watcher = *aor;
    const auto limit = std::clamp<std::size_t>(query.limit, 1, kMostRows);
    SubscriptionPage all;
    for (auto* shard : shards_) {
        auto page = ask<SubscriptionPage>(
            *shard, [canonical, after = *after, limit](Shard& owner, auto answer) {
                answer(page_of(owner.context(), canonical, after, limit + 1));
            });
        if (!page) return page;
        all.total += page->total;
        std::move(page->rows.begin(), page->rows.end(), std::back_inserter(all.rows));
    }
    cut_page(all, limit);
    return all;
}

Result<ResourceInfo> AdminService::resource(std::string_view package, std::string_view aor) {
    auto which = named(package, aor);
    if (!which) return which.fault();
    return ask<ResourceInfo>(owner_of(which->aor), [named = *which](Shard& shard, auto answer) {
        answer(info_of(shard.context(), *named.package, named.aor));
    });
}

Result<HardState> AdminService::hard_state(std::string_view package, std::string_view aor) {
    auto which = named(package, aor);
    if (!which) return which.fault();
    return ask<HardState>(owner_of(which->aor), [named = *which](Shard& shard, auto answer) {
        const auto* set = shard.compositor().hard_state(*named.package, named.aor);
        if (!set) return answer(Fault{FaultKind::not_found, "Nothing is set here"});
        answer(HardState{set->type, set->body, set->entity_tag, set->arrived});
    });
}

Result<HardStateChange> AdminService::change_hard_state(HardOrder order) {
    auto& owner = owner_of(order.aor);
    return ask<HardStateChange>(owner, [order = std::move(order)](Shard& shard, auto answer) {
        shard.compositor().change_hard_state(
            order, [answer](Result<HardStateChange> done) { answer(std::move(done)); });
    });
}

Result<HardStateChange> AdminService::put_hard_state(std::string_view package, std::string_view aor,
                                                     std::string_view type, std::string_view body,
                                                     const HardCondition& condition) {
    auto which = named(package, aor);
    if (!which) return which.fault();
    packages::Document document{std::string(type), std::string(body)};
    return change_hard_state({which->package, which->aor, std::move(document), condition});
}

Status AdminService::remove_hard_state(std::string_view package, std::string_view aor,
                                       const HardCondition& condition) {
    auto which = named(package, aor);
    if (!which) return which.fault();
    auto done = change_hard_state({which->package, which->aor, std::nullopt, condition});
    return done ? Status{} : Status(done.fault());
}

Result<store::Account> AdminService::account(std::string_view aor) {
    auto canonical = our_aor(aor);
    if (!canonical) return canonical.fault();
    return ask<store::Account>(*shards_.front(), [aor = *canonical](Shard& shard, auto answer) {
        const auto account = shard.context().accounts.find(aor);
        if (!account) return answer(Fault{FaultKind::not_found, "There is no account " + aor});
        answer(*account);
    });
}

/// Durable first, then known to every shard.
Status AdminService::commit(store::Change change) {
    auto done = ask<bool>(
        *shards_.front(),
        [change = std::make_shared<store::Change>(std::move(change))](Shard& shard, auto answer) {
            shard.port().commit(std::move(*change), [answer](store::Outcome outcome) {
                if (outcome == store::Outcome::committed) return answer(true);
                answer(Fault{FaultKind::unavailable, "The store is not available"});
            });
        });
    return done ? Status{} : Status(done.fault());
}

Result<bool> AdminService::put_account(store::Account account) {
    auto canonical = our_aor(account.aor);
    if (!canonical) return canonical.fault();
    account.aor = *std::move(canonical);
    if (account.realm.empty()) account.realm = realm_;
    if (account.username.empty())
        account.username = base::split_once(account.aor.substr(4), '@').before;
    const bool is_new = !this->account(account.aor);
    if (auto done = commit(store::PutAccount{account}); !done) return done.fault();
    const auto shared = std::make_shared<const store::Account>(std::move(account));
    for (auto* shard : shards_) {
        auto told = ask<bool>(*shard, [shared](Shard& each, auto answer) {
            each.context().accounts.put(shared);
            answer(true);
        });
        if (!told) return told;
    }
    return is_new;
}

Status AdminService::remove_account(std::string_view aor) {
    auto found = account(aor);
    if (!found) return found.fault();
    if (auto done = commit(store::RemoveAccount{found->aor}); !done) return done;
    for (auto* shard : shards_) {
        auto told = ask<bool>(*shard, [aor = found->aor](Shard& each, auto answer) {
            each.context().accounts.remove(aor);
            answer(true);
        });
        if (!told) return told.fault();
    }
    return {};
}

}  // namespace herald::server
