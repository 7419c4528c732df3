// sip/address_range.h: a network, "192.0.2.0/24".
#pragma once

#include "sip/endpoint.h"

namespace herald::sip {

struct AddressRange {
    Endpoint base;
    unsigned prefix = 0;  ///< bits that count
    bool contains(const Endpoint& address) const noexcept;
};

}  // namespace herald::sip
