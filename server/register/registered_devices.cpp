// server/register/registered_devices.cpp: the bindings of a shard's users, found by what a device
// is known by.
#include "server/register/registered_devices.h"

#include <algorithm>

#include "server/address/instance.h"
#include "server/register/registered_device.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

bool is_same_contact(const packages::Binding& binding, const sip::Uri& contact) {
    const auto uri = sip::parse_uri(binding.contact);
    return uri && sip::equivalent(*uri, contact);
}

}  // namespace

RegisteredDevices::RegisteredDevices(const Context& context, const Bindings& bindings)
    : context_(context), bindings_(bindings), gruus_(context.home.lasting_key) {}

const packages::Binding* RegisteredDevices::find(const DeviceName& name) const {
    const auto contact = sip::parse_uri(name.contact);
    if (!contact) return nullptr;
    if (const auto temporary = gruus_.read(*contact)) return bindings_.gruus().find(*temporary);
    const auto instance = public_gruu_instance(*contact).value_or(name.instance);
    const auto bindings = bindings_.of(name.aor);
    const auto found =
        std::find_if(bindings.rbegin(), bindings.rend(), [&](const packages::Binding* each) {
            return instance.empty() ? is_same_contact(*each, *contact)
                                    : is_same_instance(each->instance, instance);
        });
    return found == bindings.rend() ? nullptr : *found;
}

std::optional<RegisteredDevice> RegisteredDevices::newest(const DeviceName& name) const {
    const auto* binding = find(name);
    const auto device = binding ? device_of(*binding, context_.home.epoch) : std::nullopt;
    if (!device) return std::nullopt;
    return RegisteredDevice{device->approach, device->flow, std::string(device->contact),
                            std::string(device->routes), device->named_by};
}

}  // namespace herald::server
