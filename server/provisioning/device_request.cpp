// server/provisioning/device_request.cpp: what a device made of what it was told.
#include "server/provisioning/device_request.h"

namespace herald::server {

DeviceVerdict verdict_of(int status) noexcept {
    if (status >= 200 && status < 300) return DeviceVerdict::delivered;
    switch (status) {
        case 401:
        case 407:
            return DeviceVerdict::challenged;
        case 0:
        case 408:
        case 430:
        case 480:
        case 503:
            return DeviceVerdict::unreachable;
        default:
            return DeviceVerdict::refused;
    }
}

DeviceVerdict verdict_of_repeat(int status) noexcept {
    return status == 482 ? DeviceVerdict::delivered : verdict_of(status);
}

}  // namespace herald::server
