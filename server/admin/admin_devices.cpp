// server/admin/admin_devices.cpp: the devices that are registered, as an operator sees them.
#include "server/admin/admin_devices.h"

#include <algorithm>
#include <utility>

#include "server/admin/admin_page.h"
#include "server/config/recipes.h"
#include "server/provisioning/device_model.h"
#include "server/register/bindings.h"
#include "server/register/register_decision.h"

namespace herald::server {

namespace {

struct Row {
    const std::string* aor;
    const Publication* publication;
};

DeviceInfo info_of(const Row& row) {
    const auto& binding = *binding_of(*row.publication);
    auto told = model_of(binding.user_agent);
    DeviceInfo info;
    info.id = std::to_string(row.publication->id);
    info.aor = *row.aor;
    info.contact = binding.contact;
    info.instance = binding.instance;
    info.flow = binding.flow;
    info.user_agent = binding.user_agent;
    info.mac = mac_of(binding.instance);
    info.vendor = std::move(told.vendor);
    info.model = std::move(told.model);
    info.version = std::move(told.version);
    info.registered = binding.created;
    if (!row.publication->is_permanent()) info.expires_at = row.publication->expires_at;
    return info;
}

bool is_meant(const DeviceQuery& query, const Resource& resource) {
    if (!query.aor.empty() && resource.aor != query.aor) return false;
    return query.domain.empty() || domain_of(resource.aor) == query.domain;
}

/// One shard's rows after `after`, the first `limit` by id; and how many match in all.
DevicePage page_of(Context& context, const DeviceQuery& query, std::uint64_t after,
                   std::size_t limit) {
    const auto* reg = &packages::registrations();
    std::vector<Row> found;
    DevicePage page;
    context.resources.for_each([&](std::uint32_t, Resource& resource) {
        if (resource.package != reg || !is_meant(query, resource)) return;
        for (const auto& publication : resource.publications) {
            const auto* binding = binding_of(publication);
            if (!binding) continue;
            if (!query.user_agent.empty() && !fits_pattern(query.user_agent, binding->user_agent))
                continue;
            ++page.total;
            if (publication.id > after) found.push_back({&resource.aor, &publication});
        }
    });
    const auto count = std::min(limit, found.size());
    std::partial_sort(
        found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
        [](const Row& a, const Row& b) { return a.publication->id < b.publication->id; });
    for (std::size_t i = 0; i < count; ++i) page.rows.push_back(info_of(found[i]));
    return page;
}

class ShardDevices final : public DeviceAdmin {
public:
    explicit ShardDevices(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<DevicePage> page(const DeviceQuery& query) override;

private:
    const AdminCarrier& carrier_;
};

Result<DevicePage> ShardDevices::page(const DeviceQuery& query) {
    const auto from = row_id(query.after);
    if (!from) return from.fault();
    auto wanted = query;
    if (!query.aor.empty()) {
        auto ours = carrier_.our_resource(query.aor);
        if (!ours) return ours.fault();
        wanted.aor = *std::move(ours);
    }
    const auto limit = page_size(query.limit);
    return page_of_all<DevicePage>(carrier_, limit,
                                   [wanted, from = *from, limit](Shard& owner, auto answer) {
                                       answer(page_of(owner.context(), wanted, from, limit + 1));
                                   });
}

}  // namespace

std::unique_ptr<DeviceAdmin> device_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardDevices>(carrier);
}

}  // namespace herald::server
