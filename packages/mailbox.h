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

/// The settings of one mailbox: an input without counters.
struct MailboxSettings final : MailboxInput {
    std::vector<std::string> members;  ///< AORs whose counters are added to its own
    std::optional<bool> unsolicited;   ///< NOTIFY without subscription; nullopt: the default
    std::string pbx;                   ///< configured name of the PBX that keeps the mailbox
    std::string pbx_user;              ///< the mailbox's user part there; empty: the AOR's
    /// Watchers get a NOTIFY for each member instead of one with the sum (RFC 3842 3.5).
    bool is_per_account = false;

    bool has_member(std::string_view aor) const noexcept;
};

/// Input::source of the counters that a group has from a member.
std::string member_source(std::string_view member);

/// A mailbox's own counters and messages, for the groups it is a member of. `inputs` are without
/// those of its own members.
std::string own_body(std::span<const Input> inputs, std::string_view aor);

/// The package itself.
const Package& message_summary();

/// One `name value` a line.
std::string to_text(const MailboxSettings& settings);
/// Faults: malformed, "line L: why".
Result<MailboxSettings> mailbox_settings_from_text(std::string_view text);

}  // namespace herald::packages
