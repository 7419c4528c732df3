// server/register/registered_devices.h: the bindings of a shard's users, found by what a device is
// known by.
#pragma once

#include "server/address/gruu.h"
#include "server/core/context.h"
#include "server/core/devices.h"
#include "server/register/bindings.h"

namespace herald::server {

class RegisteredDevices final : public Devices {
public:
    RegisteredDevices(const Context& context, const Bindings& bindings);

    /// By its GRUU, else its instance, else its very Contact.
    std::optional<RegisteredDevice> newest(const DeviceName& name) const override;

private:
    const packages::Binding* find(const DeviceName& name) const;

    const Context& context_;
    const Bindings& bindings_;
    const Gruus gruus_;
};

}  // namespace herald::server
