// packages/device_facts.h: what is known of a device that asks for a profile, and the variables
// that templates may name of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace herald::packages {

/// Each empty where it is not known. Devices say most of it themselves: it proves nothing.
struct DeviceFacts {
    std::string aor;       ///< of the account it acts for, canonical
    std::string username;  ///< that account's name in digest authentication
    std::string domain;    ///< that it asked in
    std::string instance;  ///< +sip.instance without quotes and brackets, lower case
    std::string mac;       ///< twelve hex digits, lower case
    std::string vendor, model, version;
    std::string user_agent;
    std::string address;    ///< where it registered from or asks from, without port
    std::string transport;  ///< "udp", "tls"

    friend bool operator==(const DeviceFacts&, const DeviceFacts&) = default;
};

/// Twelve hex digits in lower case of a MAC address written with or without colons or hyphens;
/// empty for anything else.
std::string mac_address(std::string_view text);
/// The MAC address in an instance that is a UUID made from it (RFC 4122 4.1.6); empty for any
/// other.
std::string mac_in_instance(std::string_view instance);

/// One line for each fact, cut to a bounded length and without control characters, and back.
/// nullopt: no such text.
std::string to_text(const DeviceFacts& facts);
std::optional<DeviceFacts> facts_from(std::string_view text);

/// The place of a variable such as "device.mac" among all; nullopt: there is none of this name.
std::optional<std::size_t> variable_named(std::string_view name);
std::string value_of(std::size_t variable, const DeviceFacts& facts);
/// The names of all, for messages.
std::vector<std::string_view> variable_names();

}  // namespace herald::packages
