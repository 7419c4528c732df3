// server/provisioning/device_model.cpp: what a device says of itself, taken apart.
#include "server/provisioning/device_model.h"

#include <algorithm>

#include "base/text.h"

namespace herald::server {

namespace {

constexpr std::string_view kPolycom = "Polycom";
constexpr std::string_view kUuid = "urn:uuid:";
constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kVersionAt = 14, kNodeAt = 24;

std::string_view letters_of(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), base::is_alpha);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// Where the version begins behind a model: a hyphen with a digit after it.
std::size_t version_in(std::string_view text) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if (text[i] == '-' && base::is_digit(text[i + 1])) return i;
    }
    return std::string_view::npos;
}

/// "Yealink SIP-T42G 29.71.0.120", "Aastra 6757i/3.3.1"
DeviceModel of_words(std::string_view vendor, std::string_view rest) {
    const auto words = base::split_once(rest, ' ');
    const auto parts = base::split_once(words.before, '/');
    const auto version = parts.found ? parts.after : base::split_once(words.after, ' ').before;
    return {std::string(vendor), std::string(parts.before), std::string(version)};
}

/// "Cisco/SPA504G-7.4.9c"
DeviceModel of_vendor(std::string_view vendor, std::string_view rest) {
    const auto at = version_in(rest);
    if (at == std::string_view::npos) return {std::string(vendor), std::string(rest), {}};
    return {std::string(vendor), std::string(rest.substr(0, at)), std::string(rest.substr(at + 1))};
}

/// "PolycomVVX-VVX_410-UA/5.4.1", "snom720/8.7.5.35"
DeviceModel of_product(std::string_view product, std::string_view version) {
    if (base::istarts_with(product, kPolycom)) {
        auto model = base::split_once(product, '-').after;
        if (model.ends_with("-UA")) model.remove_suffix(3);
        return {std::string(product.substr(0, kPolycom.size())), std::string(model),
                std::string(version)};
    }
    return {std::string(letters_of(product)), std::string(product), std::string(version)};
}

}  // namespace

DeviceModel model_of(std::string_view user_agent) {
    const auto text = base::trim(user_agent);
    const auto words = base::split_once(text, ' ');
    const auto parts = base::split_once(words.before, '/');
    if (words.found && !parts.found) return of_words(words.before, words.after);
    if (parts.found && !parts.after.empty() && base::is_alpha(parts.after.front()))
        return of_vendor(parts.before, parts.after);
    return of_product(parts.before, parts.after);
}

/// Version 1, with a node that is no random number: those have the multicast bit set.
std::string mac_of(std::string_view instance) {
    if (!base::istarts_with(instance, kUuid)) return {};
    const auto uuid = instance.substr(kUuid.size());
    if (uuid.size() != kUuidLength || uuid[kVersionAt] != '1') return {};
    const auto node = base::from_hex(uuid.substr(kNodeAt));
    if (!node || (static_cast<unsigned char>(node->front()) & 1) != 0) return {};
    return base::to_hex(*node);
}

}  // namespace herald::server
