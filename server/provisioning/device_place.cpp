// server/provisioning/device_place.cpp: where a device was registered when it was selected.
#include "server/provisioning/device_place.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/text.h"

namespace herald::server {

DevicePlace::DevicePlace(std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    bytes_.reset(new char[sizeof size + size]);
    std::memcpy(bytes_.get(), &size, sizeof size);
    std::copy(text.begin(), text.end(), bytes_.get() + sizeof size);
}

DevicePlace::DevicePlace(std::string_view aor, std::string_view contact, std::string_view instance)
    : DevicePlace(std::string(aor).append("\t").append(contact).append("\t").append(instance)) {}

std::string_view DevicePlace::text() const noexcept {
    std::uint32_t size = 0;
    if (!bytes_) return {};
    std::memcpy(&size, bytes_.get(), sizeof size);
    return {bytes_.get() + sizeof size, size};
}

std::string_view DevicePlace::part(int number) const noexcept {
    auto rest = text();
    for (; number > 0; --number) rest = base::split_once(rest, '\t').after;
    return base::split_once(rest, '\t').before;
}

}  // namespace herald::server
