// sip/target_rules.cpp: which addresses a peer may name.
#include "sip/target_rules.h"

#include <algorithm>
#include <array>
#include <memory>

#include <ifaddrs.h>

namespace herald::sip {

namespace {

AddressRange range(const char* base, unsigned prefix) {
    return {*Endpoint::from(base, 0), prefix};
}

template <std::size_t N>
bool is_in(const std::array<AddressRange, N>& ranges, const Endpoint& address) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const AddressRange& each) { return each.contains(address); });
}

/// RFC 6890: nothing that could answer lives there. The last is IPv4 in IPv6's clothes.
bool is_nowhere(const Endpoint& address) {
    static const std::array kRanges{range("0.0.0.0", 8), range("224.0.0.0", 4),
                                    range("240.0.0.0", 4), range("ff00::", 8), range("::", 96)};
    return is_in(kRanges, address);
}

bool is_link_local(const Endpoint& address) {
    static const std::array kRanges{range("169.254.0.0", 16), range("fe80::", 10)};
    return is_in(kRanges, address);
}

}  // namespace

bool TargetRules::is_ours(const Endpoint& target) const {
    return std::any_of(setup_.own.begin(), setup_.own.end(), [&](const Endpoint& own) {
        if (own.port() != target.port()) return false;
        if (!own.is_any()) return same_host(own, target);
        return target.is_loopback() ||
               std::any_of(setup_.local.begin(), setup_.local.end(),
                           [&](const Endpoint& here) { return same_host(here, target); });
    });
}

std::string_view TargetRules::refusal(const Endpoint& target, const Endpoint& source) const {
    if (!target.is_valid() || target.port() == 0) return "no address";
    if (target.is_loopback()) {
        if (!source.is_loopback()) return "loopback";
    } else if (is_nowhere(target)) {
        return "a group or nobody's address";
    } else if (is_link_local(target) && !is_link_local(source)) {
        return "link-local";
    }
    if (is_ours(target)) return "an address of this server";
    const bool is_denied =
        std::any_of(setup_.denied.begin(), setup_.denied.end(),
                    [&](const AddressRange& range) { return range.contains(target); });
    return is_denied ? std::string_view("sip.deny_targets") : std::string_view();
}

std::vector<Endpoint> local_addresses() {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(list, freeifaddrs);
    std::vector<Endpoint> found;
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr) continue;
        if (const Endpoint address(each->ifa_addr); address.is_valid()) found.push_back(address);
    }
    return found;
}

}  // namespace herald::sip
