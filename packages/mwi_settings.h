// packages/mwi_settings.h: [mwi] of the configuration file, the settings of all mailboxes (RFC
// 3842). Those of a single one: packages/mailbox.h.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "packages/package.h"

namespace herald::packages {

struct MwiSettings final : Settings {
    /// The URI phones dial to listen, with `{user}` and `{host}` of the mailbox, where its counters
    /// name none; empty: the mailbox itself.
    std::string account;
    bool is_unsolicited = false;         ///< NOTIFY without subscription, unless a mailbox differs
    bool is_unsolicited_active = false;  ///< Subscription-State of those NOTIFYs: active
    /// Names of the headers of single messages that are passed on (RFC 3842 3.5); empty: none, and
    /// those published are dropped.
    std::vector<std::string> message_headers;
};

std::span<const SettingKey> mwi_keys();
/// Faults: invalid_configuration.
Result<SettingsPtr> mwi_settings(const Values& values);

}  // namespace herald::packages
