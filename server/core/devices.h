// server/core/devices.h: the devices that users of a shard registered, for those who are to send
// something to one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/approach.h"

namespace herald::server {

/// What a device is known by: its Contact, which may be a GRUU of ours, or its instance.
struct DeviceName {
    std::string aor;       ///< of its user, canonical
    std::string instance;  ///< empty: it named none
    std::string contact;   ///< URI
};

/// A device as it registered, with texts of its own.
struct RegisteredDevice {
    sip::Approach approach = sip::Approach::flow;
    std::optional<sip::Flow> flow;
    std::string contact, routes;
    sip::Endpoint named_by;

    sip::Device view() const { return {approach, flow, contact, routes, named_by}; }
};

/// One a shard, known to the others (core/peers.h); used on its thread.
class Devices {
public:
    virtual ~Devices() = default;
    /// What the device registered last; nullopt: it did not.
    virtual std::optional<RegisteredDevice> newest(const DeviceName& name) const = 0;
};

}  // namespace herald::server
