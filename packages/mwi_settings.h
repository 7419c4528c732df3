// packages/mwi_settings.h: [mwi] of the configuration file, the settings of all mailboxes (RFC
// 3842). Those of a single one: packages/mailbox.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/package.h"

namespace herald::packages {

/// A PBX that is asked for the state of its mailboxes: "asterisk sip:192.0.2.5:5060 user password".
struct PbxAddress {
    std::string name;
    std::string uri;                 ///< without user part: where its requests go
    std::string username, password;  ///< empty: it does not challenge
};
/// Faults: invalid_configuration.
Result<PbxAddress> parse_pbx(std::string_view text);

struct MwiSettings final : Settings {
    /// The URI phones dial to listen, with `{user}` and `{host}` of the mailbox, where its counters
    /// name none; empty: the mailbox itself.
    std::string account;
    bool is_unsolicited = false;         ///< NOTIFY without subscription, unless a mailbox differs
    bool is_unsolicited_active = false;  ///< Subscription-State of those NOTIFYs: active
    std::vector<PbxAddress> pbxs;
    std::uint32_t pbx_expires = 600;  ///< seconds
    /// Names of the headers of single messages that are passed on (RFC 3842 3.5); empty: none, and
    /// those published are dropped.
    std::vector<std::string> message_headers;

    /// nullptr where none has that name.
    const PbxAddress* pbx(std::string_view name) const noexcept;
};

std::span<const SettingKey> mwi_keys();
/// Faults: invalid_configuration.
Result<SettingsPtr> mwi_settings(const Values& values);

}  // namespace herald::packages
