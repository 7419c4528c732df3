// server/provisioning/device_place.h: where a device was registered when it was selected. There are
// many of them.
#pragma once

#include <memory>
#include <string_view>

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

}  // namespace herald::server
