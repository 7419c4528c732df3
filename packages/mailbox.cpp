// packages/mailbox.cpp: the settings of a mailbox as text and back.
#include "packages/mailbox.h"

#include <algorithm>

#include "base/text.h"

namespace herald::packages {
namespace {

void append_setting(std::string& text, std::string_view name, std::string_view value) {
    ((text += name) += ' ') += value;
    text += '\n';
}

/// What is wrong with a line, empty for nothing.
std::string read_line(MailboxSettings& settings, std::string_view name, std::string_view value) {
    if (value.empty()) return "a value is missing";
    if (name == "member") {
        if (settings.members.size() >= kMaxMembers) return "too many members";
        settings.members.emplace_back(value);
    } else if (name == "unsolicited") {
        if (value != "yes" && value != "no") return "expected yes or no";
        settings.unsolicited = value == "yes";
    } else if (name == "pbx") {
        settings.pbx = value;
    } else if (name == "pbx_user") {
        settings.pbx_user = value;
    } else if (name == "per_account") {
        if (value != "yes" && value != "no") return "expected yes or no";
        settings.is_per_account = value == "yes";
    } else {
        return "an unknown name";
    }
    return {};
}

}  // namespace

bool MailboxSettings::has_member(std::string_view aor) const noexcept {
    return std::find(members.begin(), members.end(), aor) != members.end();
}

std::string to_text(const MailboxSettings& settings) {
    std::string text;
    for (const auto& member : settings.members) append_setting(text, "member", member);
    if (settings.unsolicited)
        append_setting(text, "unsolicited", *settings.unsolicited ? "yes" : "no");
    if (!settings.pbx.empty()) append_setting(text, "pbx", settings.pbx);
    if (!settings.pbx_user.empty()) append_setting(text, "pbx_user", settings.pbx_user);
    if (settings.is_per_account) append_setting(text, "per_account", "yes");
    return text;
}

std::string member_source(std::string_view member) {
    return "member " + std::string(member);
}

Result<MailboxSettings> mailbox_settings_from_text(std::string_view text) {
    MailboxSettings settings;
    for (unsigned line = 1; !text.empty(); ++line) {
        const auto [here, rest, found] = base::split_once(text, '\n');
        const auto [name, value, has_value] = base::split_once(here, ' ');
        text = rest;
        if (const auto mistake = read_line(settings, name, value); !mistake.empty()) {
            return Fault{FaultKind::malformed, "line " + std::to_string(line) + ": " + mistake};
        }
    }
    return settings;
}

}  // namespace herald::packages
