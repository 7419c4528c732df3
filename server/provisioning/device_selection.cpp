// server/provisioning/device_selection.cpp: which of the registered devices are meant.
#include "server/provisioning/device_selection.h"

#include <algorithm>

#include "base/text.h"
#include "server/address/instance.h"
#include "server/provisioning/device_model.h"
#include "server/register/register_decision.h"

namespace herald::server {

namespace {

bool is_meant(const DeviceSelection& selection, std::string_view aor) {
    if (!selection.aors.empty() && selection.aors.count(std::string(aor)) == 0) return false;
    return selection.domain.empty() || base::iequals(domain_of(aor), selection.domain);
}

/// What is said of its maker, model and firmware fits.
bool is_of_model(const DeviceSelection& selection, std::string_view user_agent) {
    if (selection.vendor.empty() && selection.model.empty() && selection.firmware_below.empty())
        return true;
    const auto told = model_of(user_agent);
    return (selection.vendor.empty() || fits_pattern(selection.vendor, told.vendor)) &&
           (selection.model.empty() || fits_pattern(selection.model, told.model)) &&
           (selection.firmware_below.empty() || is_older(told.version, selection.firmware_below));
}

bool is_meant(const DeviceSelection& selection, const packages::Binding& binding) {
    if (!selection.instances.empty() &&
        selection.instances.count(base::lower(binding.instance)) == 0)
        return false;
    return (selection.user_agent.empty() ||
            fits_pattern(selection.user_agent, binding.user_agent)) &&
           is_of_model(selection, binding.user_agent);
}

/// Flows of one device are one (RFC 5626 4.2).
void add(std::vector<FoundDevice>& found, std::size_t first, std::string_view aor,
         const packages::Binding& binding) {
    FoundDevice device{std::string(aor), binding.contact, binding.instance, binding.user_agent};
    for (auto i = first; i < found.size() && !binding.instance.empty(); ++i) {
        if (!is_same_instance(found[i].instance, binding.instance)) continue;
        found[i] = std::move(device);
        return;
    }
    found.push_back(std::move(device));
}

}  // namespace

std::vector<FoundDevice> devices_of(Context& context, const DeviceSelection& selection) {
    std::vector<FoundDevice> found;
    const auto* reg = &packages::registrations();
    context.resources.for_each([&](std::uint32_t, Resource& resource) {
        if (resource.package != reg || !is_meant(selection, resource.aor)) return;
        const auto first = found.size();
        for (const auto& publication : resource.publications) {
            const auto* binding = binding_of(publication);
            if (!binding || !is_meant(selection, *binding)) continue;
            add(found, first, resource.aor, *binding);
        }
    });
    return found;
}

}  // namespace herald::server
