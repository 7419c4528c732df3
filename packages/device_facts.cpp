// packages/device_facts.cpp: what is known of a device that asks for a profile.
#include "packages/device_facts.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace herald::packages {

namespace {

/// Bytes of one fact; an address-of-record may be longer.
constexpr std::size_t kLongestFact = 128, kLongestAor = 512;

using Fact = std::string DeviceFacts::*;
constexpr Fact kMembers[] = {
    &DeviceFacts::aor,     &DeviceFacts::username,   &DeviceFacts::domain,   &DeviceFacts::instance,
    &DeviceFacts::mac,     &DeviceFacts::vendor,     &DeviceFacts::model,    &DeviceFacts::version,
    &DeviceFacts::address, &DeviceFacts::user_agent, &DeviceFacts::transport};

std::string_view user_of(std::string_view aor) {
    const auto at = aor.rfind('@');
    return at == std::string_view::npos ? std::string_view()
                                        : base::split_once(aor.substr(0, at), ':').after;
}

std::string account_user(const DeviceFacts& facts) {
    return base::percent_decode(user_of(facts.aor));
}

std::string mac_with_colons(const DeviceFacts& facts) {
    std::string text;
    for (std::size_t i = 0; i + 1 < facts.mac.size(); i += 2) {
        if (i > 0) text += ':';
        text.append(facts.mac, i, 2);
    }
    return text;
}

template <Fact member>
std::string fact(const DeviceFacts& facts) {
    return facts.*member;
}

struct Variable {
    std::string_view name;
    std::string (*value)(const DeviceFacts&);
};
constexpr Variable kVariables[] = {
    {"account.aor", fact<&DeviceFacts::aor>},
    {"account.user", account_user},
    {"account.username", fact<&DeviceFacts::username>},
    {"account.domain", fact<&DeviceFacts::domain>},
    {"device.instance", fact<&DeviceFacts::instance>},
    {"device.mac", fact<&DeviceFacts::mac>},
    {"device.mac_colons", mac_with_colons},
    {"device.vendor", fact<&DeviceFacts::vendor>},
    {"device.model", fact<&DeviceFacts::model>},
    {"device.version", fact<&DeviceFacts::version>},
    {"device.user_agent", fact<&DeviceFacts::user_agent>},
    {"registration.address", fact<&DeviceFacts::address>},
    {"registration.transport", fact<&DeviceFacts::transport>},
};

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// A character of UTF-8 is not cut in two.
std::size_t bounded(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    std::size_t size = most;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    return size;
}

}  // namespace

std::string mac_address(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c == ':' || c == '-') continue;
        if (base::hex_value(c) < 0) return {};
        digits += base::to_lower(c);
    }
    return digits.size() == 12 ? digits : std::string();
}

std::string mac_in_instance(std::string_view instance) {
    constexpr std::string_view kUuid = "urn:uuid:";
    constexpr std::size_t kLength = 36, kVersionAt = 14, kNodeAt = 24;
    if (!base::istarts_with(instance, kUuid)) return {};
    const auto uuid = instance.substr(kUuid.size());
    if (uuid.size() != kLength || uuid[kVersionAt] != '1') return {};
    auto mac = mac_address(uuid.substr(kNodeAt));
    // A node that is a random number has the multicast bit set.
    const bool is_random = !mac.empty() && (base::hex_value(mac[1]) & 1) != 0;
    return is_random ? std::string() : mac;
}

std::string to_text(const DeviceFacts& facts) {
    std::string text;
    for (const auto member : kMembers) {
        const std::string& value = facts.*member;
        const auto most = member == &DeviceFacts::aor ? kLongestAor : kLongestFact;
        const std::string_view kept(value.data(), bounded(value, most));
        std::remove_copy_if(kept.begin(), kept.end(), std::back_inserter(text), is_control);
        text += '\n';
    }
    return text;
}

std::optional<DeviceFacts> facts_from(std::string_view text) {
    DeviceFacts facts;
    for (const auto member : kMembers) {
        const auto line = base::split_once(text, '\n');
        if (!line.found) return std::nullopt;
        facts.*member = line.before;
        text = line.after;
    }
    return text.empty() ? std::optional(std::move(facts)) : std::nullopt;
}

std::optional<std::size_t> variable_named(std::string_view name) {
    const auto* found = std::find_if(std::begin(kVariables), std::end(kVariables),
                                     [name](const Variable& each) { return each.name == name; });
    if (found == std::end(kVariables)) return std::nullopt;
    return static_cast<std::size_t>(found - std::begin(kVariables));
}

std::string value_of(std::size_t variable, const DeviceFacts& facts) {
    return kVariables[variable].value(facts);
}

std::vector<std::string_view> variable_names() {
    std::vector<std::string_view> names;
    for (const auto& each : kVariables) names.push_back(each.name);
    return names;
}

}  // namespace herald::packages
