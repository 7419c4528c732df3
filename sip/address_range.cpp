// sip/address_range.cpp: whether an address lies in a network.
#include "sip/address_range.h"

#include <cstring>

namespace herald::sip {

namespace {

struct AddressBytes {
    unsigned char bytes[16]{};
    unsigned size = 0;  ///< bits; 0: no address
};

AddressBytes bytes_of(const Endpoint& endpoint) {
    AddressBytes out;
    sockaddr_storage storage{};
    endpoint.to_sockaddr(storage);
    if (!endpoint.is_valid()) return out;
    if (endpoint.is_ipv6()) {
        std::memcpy(out.bytes, &reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr, 16);
        out.size = 128;
    } else {
        std::memcpy(out.bytes, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, 4);
        out.size = 32;
    }
    return out;
}

bool share_prefix(const AddressBytes& a, const AddressBytes& b, unsigned bits) {
    const unsigned whole = bits / 8;
    if (std::memcmp(a.bytes, b.bytes, whole) != 0) return false;
    if (bits % 8 == 0) return true;
    const unsigned mask = 0xFFU << (8 - bits % 8) & 0xFFU;
    return ((a.bytes[whole] ^ b.bytes[whole]) & mask) == 0;
}

}  // namespace

bool AddressRange::contains(const Endpoint& address) const noexcept {
    const AddressBytes mine = bytes_of(base);
    const AddressBytes theirs = bytes_of(address);
    return mine.size != 0 && mine.size == theirs.size && share_prefix(mine, theirs, prefix);
}

}  // namespace herald::sip
