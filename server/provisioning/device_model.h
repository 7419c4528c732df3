// server/provisioning/device_model.h: what a device says of itself, taken apart: who made it, which
// model it is, what it runs, which MAC address it has.
#pragma once

#include <string>
#include <string_view>

namespace herald::server {

/// Each empty where the User-Agent does not tell.
struct DeviceModel {
    std::string vendor, model, version;
};
/// `snom720/8.7.5.35`, `Yealink SIP-T42G 29.71.0.120`, `Cisco/SPA504G-7.4.9c`,
/// `PolycomVVX-VVX_410-UA/5.4.1`.
DeviceModel model_of(std::string_view user_agent);

/// Whether `version` is older than `other`: the numbers in both, one after the other; what has
/// fewer is older. False where there is no number in one of them.
bool is_older(std::string_view version, std::string_view other) noexcept;

/// Twelve hex digits, lower case, of an instance that is a UUID made from one (RFC 4122 4.1.6);
/// empty for any other.
std::string mac_of(std::string_view instance);

}  // namespace herald::server
