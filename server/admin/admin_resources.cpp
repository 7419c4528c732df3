// server/admin/admin_resources.cpp: a resource as an operator sees it.
#include "server/admin/admin_resources.h"

#include "server/admin/admin_carrier.h"

namespace herald::server {

namespace {

std::string_view name_of_rank(packages::Rank rank) {
    static constexpr std::string_view kNames[] = {"default", "registration", "hard",      "derived",
                                                  "publish", "override",     "remembered"};
    return kNames[static_cast<std::size_t>(rank)];
}

PublicationInfo info_of(const Publication& publication) {
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

ResourceInfo info_of(Context& context, const packages::Package& package, const std::string& aor) {
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
        info.publications.push_back(info_of(publication));
    return info;
}

class ShardResources final : public ResourceAdmin {
public:
    explicit ShardResources(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<ResourceInfo> find(std::string_view package, std::string_view aor) override {
        auto which = carrier_.named(package, aor);
        if (!which) return which.fault();
        return carrier_.ask<ResourceInfo>(
            carrier_.owner_of(which->aor), [named = *which](Shard& shard, auto answer) {
                answer(info_of(shard.context(), *named.package, named.aor));
            });
    }

private:
    const AdminCarrier& carrier_;
};

}  // namespace

std::unique_ptr<ResourceAdmin> resource_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardResources>(carrier);
}

}  // namespace herald::server
