// server/provisioning/device_place.cpp: where a device was registered when it was selected.
#include "server/provisioning/device_place.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/text.h"
#include "server/address/instance.h"

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

const packages::Binding* find_device(const std::vector<const packages::Binding*>& bindings,
                                     std::string_view contact, std::string_view instance) {
    const auto find = [&](auto is_it) -> const packages::Binding* {
        // The newest: what a device had before it started again may not have run out yet.
        const auto found = std::find_if(bindings.rbegin(), bindings.rend(), is_it);
        return found == bindings.rend() ? nullptr : *found;
    };
    if (!instance.empty()) {
        const auto* same = find([&](const packages::Binding* each) {
            return is_same_instance(each->instance, instance);
        });
        if (same) return same;
    }
    const auto* same =
        find([&](const packages::Binding* each) { return each->contact == contact; });
    if (same) return same;
    return bindings.size() == 1 && instance.empty() ? bindings.front() : nullptr;
}

}  // namespace herald::server
