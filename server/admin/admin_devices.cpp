// server/admin/admin_devices.cpp: the devices that are registered, as an operator sees them.
#include "server/admin/admin_devices.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "server/admin/admin_page.h"
#include "server/config/recipes.h"
#include "server/provisioning/device_logins.h"
#include "server/provisioning/device_model.h"
#include "server/provisioning/known_devices.h"
#include "server/register/bindings.h"
#include "server/register/register_decision.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

struct Row {
    const std::string* aor;
    const Publication* publication;
};

DeviceInfo device_info(const Row& row) {
    const auto& binding = *binding_of(*row.publication);
    auto told = model_of(binding.user_agent);
    DeviceInfo info;
    info.id = std::to_string(store::counter_of(row.publication->id));
    info.key = key_of_device(*row.aor, binding);
    info.aor = *row.aor;
    info.contact = binding.contact;
    info.instance = binding.instance;
    info.flow = binding.flow;
    info.user_agent = binding.user_agent;
    info.mac = mac_of_device(binding.instance, binding.user_agent);
    info.vendor = std::move(told.vendor);
    info.model = std::move(told.model);
    info.version = std::move(told.version);
    info.registered = binding.created;
    if (!row.publication->is_permanent()) info.expires_at = row.publication->expires_at;
    return info;
}

LearnedInfo learned_of(const KnownDevice& device) {
    LearnedInfo learned;
    learned.aors = device.aors;
    learned.seen = device.seen;
    learned.challenges = device.challenges;
    learned.refusals = device.refusals;
    if (device.enrolled_at != base::WallTime{}) learned.enrolled_at = device.enrolled_at;
    learned.takes = device.takes;
    learned.offered = device.offered;
    learned.fetched = device.fetched;
    if (!device.offered.empty()) learned.offered_at = device.offered_at;
    if (!device.fetched.empty()) learned.fetched_at = device.fetched_at;
    learned.fetches = device.fetches;
    return learned;
}

DeviceInfo device_info(const KnownDevice& device) {
    auto told = model_of(device);
    DeviceInfo info;
    info.id = std::to_string(store::counter_of(device.row));
    info.key = device.key;
    if (!device.aors.empty()) info.aor = device.aors.back();
    info.mac = device.mac;
    if (device.key.starts_with("urn:")) info.instance = device.key;
    info.user_agent = device.user_agent;
    info.vendor = std::move(told.vendor);
    info.model = std::move(told.model);
    info.version = std::move(told.version);
    info.learned = learned_of(device);
    return info;
}

bool fits(const DeviceQuery& query, std::string_view user_agent) {
    return query.user_agent.empty() || fits_pattern(query.user_agent, user_agent);
}

/// `device` has a model_of().
template <class Device>
bool is_of_model(const DeviceQuery& query, const Device& device) {
    if (query.vendor.empty() && query.model.empty()) return true;
    const auto told = model_of(device);
    return (query.vendor.empty() || fits_pattern(query.vendor, told.vendor)) &&
           (query.model.empty() || fits_pattern(query.model, told.model));
}

bool is_meant(const DeviceQuery& query, const KnownDevice& device) {
    const bool is_of_user =
        std::any_of(device.aors.begin(), device.aors.end(), [&](const std::string& aor) {
            return (query.aor.empty() || aor == query.aor) &&
                   (query.domain.empty() || domain_of(aor) == query.domain);
        });
    return (is_of_user || (query.aor.empty() && query.domain.empty())) &&
           fits(query, device.user_agent) && is_of_model(query, device);
}

/// One shard's remembered devices after the row `after`.
DevicePage remembered_of(const KnownDevices& known, const DeviceQuery& query, std::uint64_t after,
                         std::size_t limit) {
    std::vector<const KnownDevice*> found;
    DevicePage page;
    known.for_each([&](const KnownDevice& device) {
        if (!is_meant(query, device)) return;
        ++page.total;
        if (store::counter_of(device.row) > after) found.push_back(&device);
    });
    const auto count = std::min(limit, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end(),
                      [](const auto* a, const auto* b) { return store::is_older(a->row, b->row); });
    for (std::size_t i = 0; i < count; ++i) page.rows.push_back(device_info(*found[i]));
    return page;
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
            if (!binding || !fits(query, binding->user_agent) ||
                !is_of_model(query, std::string_view(binding->user_agent)))
                continue;
            ++page.total;
            if (store::counter_of(publication.id) > after)
                found.push_back({&resource.aor, &publication});
        }
    });
    const auto count = std::min(limit, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end(), [](const Row& a, const Row& b) {
                          return store::is_older(a.publication->id, b.publication->id);
                      });
    for (std::size_t i = 0; i < count; ++i) page.rows.push_back(device_info(found[i]));
    return page;
}

class ShardDevices final : public DeviceAdmin {
public:
    explicit ShardDevices(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<DevicePage> page(const DeviceQuery& query) override;
    Result<std::vector<std::string>> users_of(const std::string& key) override;
    void note_fetch(const std::string& key, const std::string& version) override;
    Result<std::string> login_of(std::string_view aor) override;

private:
    Result<DevicePage> page_of_registered(const DeviceQuery& query, std::uint64_t from,
                                          std::size_t limit);
    Status add_learned(std::vector<DeviceInfo>& rows);

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
    if (!query.is_remembered) return page_of_registered(wanted, *from, limit);
    return page_of_all<DevicePage>(
        carrier_, limit, [wanted, from = *from, limit](Shard& owner, auto answer) {
            const auto& known = owner.agents().template get<KnownDevices>();
            answer(remembered_of(known, wanted, from, limit + 1));
        });
}

Result<DevicePage> ShardDevices::page_of_registered(const DeviceQuery& query, std::uint64_t from,
                                                    std::size_t limit) {
    auto page =
        page_of_all<DevicePage>(carrier_, limit, [query, from, limit](Shard& owner, auto answer) {
            answer(page_of(owner.context(), query, from, limit + 1));
        });
    if (!page) return page;
    if (auto added = add_learned(page->rows); !added) return added.fault();
    return page;
}

/// What is remembered of a device is kept by the shard of its own address.
Status ShardDevices::add_learned(std::vector<DeviceInfo>& rows) {
    std::map<Shard*, std::vector<std::size_t>> by_shard;
    for (std::size_t i = 0; i < rows.size(); ++i)
        by_shard[&carrier_.owner_of(address_of_device(rows[i].key))].push_back(i);
    for (const auto& [shard, indices] : by_shard) {
        std::vector<std::string> keys;
        for (const auto i : indices) keys.push_back(rows[i].key);
        auto learned = carrier_.ask<std::vector<std::optional<LearnedInfo>>>(
            *shard, [keys](Shard& owner, auto answer) {
                const auto& known = owner.agents().template get<KnownDevices>();
                std::vector<std::optional<LearnedInfo>> all;
                for (const auto& key : keys) {
                    const auto* device = known.find(key);
                    all.push_back(device ? std::optional(learned_of(*device)) : std::nullopt);
                }
                answer(std::move(all));
            });
        if (!learned) return learned.fault();
        for (std::size_t i = 0; i < indices.size(); ++i)
            rows[indices[i]].learned = std::move((*learned)[i]);
    }
    return {};
}

Result<std::vector<std::string>> ShardDevices::users_of(const std::string& key) {
    return carrier_.ask<std::vector<std::string>>(
        carrier_.owner_of(address_of_device(key)), [key](Shard& shard, auto answer) {
            const auto* device = shard.agents().template get<KnownDevices>().find(key);
            if (!device) return answer(Fault{FaultKind::not_found, "Nothing is known of it"});
            answer(device->aors);
        });
}

void ShardDevices::note_fetch(const std::string& key, const std::string& version) {
    if (carrier_.is_closed()) return;
    auto& owner = carrier_.owner_of(address_of_device(key));
    owner.loop().post(
        [&owner, key, version] { owner.agents().get<KnownDevices>().note_fetch(key, version); });
}

Result<std::string> ShardDevices::login_of(std::string_view aor) {
    auto ours = carrier_.our_aor(aor);
    if (!ours) return ours.fault();
    return carrier_.ask<std::string>(
        carrier_.owner_of(*ours), [aor = *ours](Shard& shard, auto answer) {
            const auto* login = shard.agents().template get<DeviceLogins>().find(aor);
            answer(login ? login->username : std::string());
        });
}

}  // namespace

std::unique_ptr<DeviceAdmin> device_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardDevices>(carrier);
}

}  // namespace herald::server
