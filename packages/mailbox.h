// packages/mailbox.h: what the server keeps of a mailbox beside its counters: whose messages its
// lamp shows, where they come from, who is told (RFC 3842 4).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
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
    /// Each member is told of in a NOTIFY of its own, instead of the sum of all (RFC 3842 3.5).
    bool is_per_account = false;

    bool has_member(std::string_view aor) const noexcept;
};

/// The source of what a group has of a member.
std::string member_source(std::string_view member);

/// What a mailbox itself holds, with all messages that are listed: for a group it is a member of.
/// `inputs` without those of its own members.
std::string own_body(std::span<const Input> inputs, std::string_view aor);

/// One `name value` a line.
std::string to_text(const MailboxSettings& settings);
/// Faults: malformed, "line L: why".
Result<MailboxSettings> mailbox_settings_from_text(std::string_view text);

}  // namespace herald::packages
