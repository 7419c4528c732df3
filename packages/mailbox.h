// packages/mailbox.h: what the server keeps of a mailbox beside its counters: whose messages its
// lamp shows, where they come from, who is told (RFC 3842 4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/message_counts.h"
#include "packages/package.h"

namespace herald::packages {

/// The media type under which the store keeps settings: the text of to_text(). Nobody may publish
/// it.
inline constexpr std::string_view kMailboxSettingsType = "application/vnd.herald.mailbox-settings";

/// Members of one group.
inline constexpr std::size_t kMaxMembers = 256;

/// What every input of a message-summary resource is.
struct MailboxInput : Admitted {
    MessageCounts counts;
};

/// An input that counts nothing itself.
struct MailboxSettings final : MailboxInput {
    std::vector<std::string> members;  ///< AORs whose counters are added to its own
    std::optional<bool> unsolicited;   ///< NOTIFY without subscription; nullopt: the default
    std::string pbx;                   ///< configured name of the PBX that keeps the mailbox
    std::string pbx_user;              ///< the mailbox's user part there; empty: the AOR's

    bool has_member(std::string_view aor) const noexcept;
};

/// One `name value` a line.
std::string to_text(const MailboxSettings& settings);
/// Faults: malformed, "line L: why".
Result<MailboxSettings> mailbox_settings_from_text(std::string_view text);

}  // namespace herald::packages
