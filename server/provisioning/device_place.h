// server/provisioning/device_place.h: where a device was registered when it was selected. There are
// many of them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "packages/registration.h"

namespace herald::server {

/// AOR, Contact and instance of a device, in one allocation.
class DevicePlace {
public:
    DevicePlace() = default;
    DevicePlace(std::string_view aor, std::string_view contact, std::string_view instance);
    /// What text() gave.
    explicit DevicePlace(std::string_view text);

    std::string_view aor() const noexcept { return part(0); }
    std::string_view contact() const noexcept { return part(1); }  ///< empty: it was not registered
    std::string_view instance() const noexcept { return part(2); }  ///< empty: none
    /// A tab between them.
    std::string_view text() const noexcept;

private:
    std::string_view part(int number) const noexcept;

    std::unique_ptr<char[]> bytes_;  ///< how many there are, then they
};

/// The device of that Contact and instance as it is registered now, among the bindings of its user:
/// a new contact of the same instance, or the only one there is; else nullptr.
const packages::Binding* find_device(const std::vector<const packages::Binding*>& bindings,
                                     std::string_view contact, std::string_view instance);

}  // namespace herald::server
