// server/provisioning/device_model.cpp: what a device says of itself, taken apart.
#include "server/provisioning/device_model.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/text.h"
#include "packages/device_facts.h"

namespace herald::server {

namespace {

constexpr std::string_view kPolycom = "Polycom", kSnom = "snom";

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

/// Takes the next number off `text`; more than 2^32-1 counts as that.
std::optional<std::uint32_t> next_part(std::string_view& text) noexcept {
    while (!text.empty() && !base::is_digit(text.front())) text.remove_prefix(1);
    std::size_t size = 0;
    while (size < text.size() && base::is_digit(text[size])) ++size;
    if (size == 0) return std::nullopt;
    const auto number = base::to_u32_clamped(text.substr(0, size));
    text.remove_prefix(size);
    return number;
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
    // "snomD785": the model begins with a letter.
    const auto vendor =
        base::istarts_with(product, kSnom) ? product.substr(0, kSnom.size()) : letters_of(product);
    return {std::string(vendor), std::string(product), std::string(version)};
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

bool is_older(std::string_view version, std::string_view other) noexcept {
    auto a = next_part(version), b = next_part(other);
    if (!a || !b) return false;
    while (a && b) {
        if (*a != *b) return *a < *b;
        a = next_part(version);
        b = next_part(other);
    }
    return b.has_value();
}

std::string mac_of(std::string_view instance) {
    return packages::mac_in_instance(instance);
}

}  // namespace herald::server
