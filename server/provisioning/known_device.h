// server/provisioning/known_device.h: what is remembered of a device beyond its registrations: what
// it does with orders, what it was offered, what it fetched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "packages/registration.h"
#include "server/provisioning/device_model.h"

namespace herald::server {

struct KnownDevice {
    std::uint64_t row = 0;  ///< in the store
    std::string key;        ///< see key_of_device()
    std::string mac;        ///< empty: not known
    std::string user_agent;
    std::vector<std::string> aors;  ///< that it registered or enrolled for, the newest last
    base::WallTime seen{};          ///< registered, enrolled, asked or fetched

    DeviceModel enrolled_as;  ///< as it enrolled; empty: it did not since its User-Agent changed
    base::WallTime enrolled_at{};    ///< for a profile (RFC 6080) the last time; zero: never
    std::vector<std::string> takes;  ///< media types it accepted then

    bool challenges = false;  ///< it asks for a name and a password before it obeys
    /// Events it refused, each with the last answer, the newest last.
    std::vector<std::pair<std::string, std::uint16_t>> refusals;

    std::string offered,
        fetched;  ///< versions of profiles, as name and entity-tag; empty: none yet
    base::WallTime offered_at{}, fetched_at{};
    std::uint64_t fetches = 0;

    // Not kept:
    bool is_unsaved = false;
};

/// What it said when it enrolled, else what its User-Agent says.
DeviceModel model_of(const KnownDevice& device);

/// The name a device keeps through restarts and addresses: its MAC address where that is known,
/// else its instance, else its user and Contact.
std::string key_of_device(std::string_view aor, const packages::Binding& binding);
std::string key_of_device(std::string_view aor, std::string_view contact, std::string_view instance,
                          std::string_view user_agent);
/// Of its instance or its User-Agent; empty: neither tells.
std::string mac_of_device(std::string_view instance, std::string_view user_agent);

/// "device:0004131234ab": what it is kept under, no user's address.
std::string address_of_device(std::string_view key);

/// Media type under which the store keeps them, and what it keeps.
inline constexpr std::string_view kKnownDeviceType = "application/vnd.herald.device";
std::string to_text(const KnownDevice& device);
/// Faults: malformed.
Result<KnownDevice> known_device_from_text(std::string_view text);

}  // namespace herald::server
