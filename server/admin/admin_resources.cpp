// server/admin/admin_resources.cpp: a resource as an operator sees it.
#include "server/admin/admin_resources.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include "server/admin/admin_carrier.h"
#include "server/admin/admin_page.h"

namespace herald::server {

namespace {

std::string_view name_of_rank(packages::Rank rank) {
    static constexpr std::string_view kNames[] = {"default", "registration", "hard",      "derived",
                                                  "publish", "override",     "remembered"};
    return kNames[static_cast<std::size_t>(rank)];
}

PublicationInfo resource_info(const Publication& publication) {
    PublicationInfo info;
    info.source = publication.source;
    info.publisher = publication.publisher;
    info.entity_tag_prefix = publication.entity_tag.substr(0, 6);
    info.type = publication.type;
    info.rank = name_of_rank(publication.rank);
    info.arrived = publication.arrived;
    if (!publication.is_permanent()) info.expires_at = publication.expires_at;
    info.size = publication.body.size();
    info.body = publication.body;
    return info;
}

/// The first `count` of them, in order.
void cut(std::vector<ResourceRow>& rows, std::size_t count) {
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(count, rows.size()));
    std::partial_sort(rows.begin(), end, rows.end(),
                      [](const auto& a, const auto& b) { return a.key() < b.key(); });
    rows.erase(end, rows.end());
}

ResourceInfo resource_info(Context& context, const packages::Package& package,
                           const std::string& aor) {
    ResourceInfo info;
    info.package = package.profile().event;
    info.aor = aor;
    const auto slot = context.resources.find(package, aor);
    Resource nobody;
    nobody.aor = aor;
    nobody.package = &package;
    nobody.installed = &context.resources.installed(package);
    Resource& resource = slot == Resource::kNone ? nobody : context.resources[slot];
    ViewState view;
    const auto& composed = resource.compose(view, context.wall());
    info.type = composed.document.type;
    info.body = composed.document.body;
    if (composed.version_at < info.body.size()) info.body.insert(composed.version_at, "0");
    info.watchers = resource.watchers.size();
    for (const auto& publication : resource.publications)
        info.publications.push_back(resource_info(publication));
    return info;
}

/// The first `limit` of one shard behind `after`, looked for in slices, between which the shard
/// serves others.
class ResourceSearch : public std::enable_shared_from_this<ResourceSearch> {
public:
    using Answer = std::function<void(ResourceRows)>;

    ResourceSearch(Context& context, ResourceQuery query, Answer answer)
        : context_(context), query_(std::move(query)), answer_(std::move(answer)) {}

    void run() {
        const auto end = next_ + kAtOnce;
        const bool has_more = context_.resources.for_some(
            next_, end, [this](std::uint32_t, const Resource& resource) { look_at(resource); });
        next_ = end;
        if (found_.rows.size() > 4 * query_.limit || !has_more) keep_first();
        if (!has_more) return answer_(std::move(found_));
        context_.loop.post([self = shared_from_this()] { self->run(); });
    }

private:
    static constexpr std::uint32_t kAtOnce = 2048;

    void look_at(const Resource& resource) {
        const auto& event = resource.package->profile().event;
        if (!query_.package.empty() && query_.package != event) return;
        if (!query_.domain.empty() && query_.domain != domain_of(resource.aor)) return;
        ++found_.total;
        ResourceRow row{resource.aor, std::string(event), resource.watchers.size(),
                        resource.publications.size()};
        if (query_.after.empty() || row.key() > query_.after) found_.rows.push_back(std::move(row));
    }

    void keep_first() { cut(found_.rows, query_.limit); }

    Context& context_;
    const ResourceQuery query_;
    const Answer answer_;
    std::uint32_t next_ = 0;
    ResourceRows found_;
};

class ShardResources final : public ResourceAdmin {
public:
    explicit ShardResources(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<ResourceInfo> find(std::string_view package, std::string_view aor) override {
        auto which = carrier_.named(package, aor);
        if (!which) return which.fault();
        return carrier_.ask<ResourceInfo>(
            carrier_.owner_of(which->aor), [named = *which](Shard& shard, auto answer) {
                answer(resource_info(shard.context(), *named.package, named.aor));
            });
    }

    Result<ResourceRows> page(const ResourceQuery& query) override {
        if (!query.package.empty()) {
            if (auto known = AdminCarrier::package(query.package); !known) return known.fault();
        }
        const auto limit = page_size(query.limit);
        auto wanted = query;
        wanted.limit = limit + 1;
        ResourceRows all;
        for (auto* shard : carrier_.shards()) {
            auto part = carrier_.ask<ResourceRows>(*shard, [wanted](Shard& owner, auto answer) {
                std::make_shared<ResourceSearch>(owner.context(), wanted, answer)->run();
            });
            if (!part) return part;
            all.total += part->total;
            std::move(part->rows.begin(), part->rows.end(), std::back_inserter(all.rows));
        }
        cut(all.rows, limit + 1);
        if (all.rows.size() <= limit) return all;
        all.rows.pop_back();
        all.next = all.rows.back().key();
        return all;
    }

private:
    const AdminCarrier& carrier_;
};

}  // namespace

std::unique_ptr<ResourceAdmin> resource_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardResources>(carrier);
}

}  // namespace herald::server
