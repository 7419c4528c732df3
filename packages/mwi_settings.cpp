// packages/mwi_settings.cpp: the keys of [mwi], how their values are checked and read.
#include "packages/mwi_settings.h"

#include <algorithm>

#include "base/text.h"
#include "packages/message_counts.h"

namespace herald::packages {
namespace {

using Earlier = std::span<const std::string>;

constexpr std::size_t kMostHeaders = 32;

std::string quoted(std::string_view value) {
    return "\"" + std::string(value) + "\"";
}

bool is_scheme_character(char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '+' || c == '-' || c == '.';
}

/// The characters a URI may be written with (RFC 3986 2).
bool is_uri_character(char c) {
    return c > 0x20 && c < 0x7F &&
           std::string_view("<>\"{}|\\^`").find(c) == std::string_view::npos;
}

/// A scheme with something behind it.
bool is_uri(std::string_view text) {
    const auto [scheme, rest, found] = base::split_once(text, ':');
    return found && !scheme.empty() && !rest.empty() && base::is_alpha(scheme.front()) &&
           std::all_of(scheme.begin(), scheme.end(), is_scheme_character) &&
           std::all_of(rest.begin(), rest.end(), is_uri_character);
}

std::string check_account(std::string_view value, Earlier) {
    std::string sample(value);
    for (const std::string_view name : {"{user}", "{host}"}) {
        for (auto at = sample.find(name); at != std::string::npos; at = sample.find(name, at))
            sample.replace(at, name.size(), "x");
    }
    if (sample.empty() || is_uri(sample)) return {};
    return quoted(value) + " is not a URI, expected one like \"sip:*97@{host}\"";
}

std::string check_state(std::string_view value, Earlier) {
    if (value == "terminated" || value == "active") return {};
    return quoted(value) + " is unknown, expected \"terminated\" or \"active\"";
}

std::string check_header(std::string_view value, Earlier earlier) {
    if (!is_header(value, {}))
        return quoted(value) + " is not a header name, expected one like \"Subject\"";
    if (earlier.size() >= kMostHeaders)
        return "expected at most " + std::to_string(kMostHeaders) + " names";
    return {};
}

}  // namespace

std::span<const SettingKey> mwi_keys() {
    using List = std::vector<std::string>;
    static const SettingKey kKeys[] = {
        {.name = "account",
         .help = "What phones dial to listen to messages, where the mailbox's own counters do not "
                 "say: \"sip:*97@{host}\"; {user} and {host} are the mailbox's. Empty: the "
                 "mailbox.",
         .standard = std::string(),
         .check = check_account},
        {.name = "unsolicited",
         .help = "Tell registered phones of their messages even if they did not subscribe; each "
                 "mailbox's settings may say otherwise.",
         .standard = false,
         .is_reloadable = true},
        {.name = "unsolicited_state",
         .help =
             "Subscription-State of those NOTIFYs, \"terminated\" or \"active\": phones differ.",
         .standard = std::string("terminated"),
         .is_reloadable = true,
         .check = check_state},
        {.name = "message_headers",
         .help = "Headers of single messages that phones are told of, such as \"From\" and "
                 "\"Subject\", where voicemail servers list them. Empty: none; not every phone can "
                 "read them.",
         .standard = List(),
         .check = check_header},
    };
    return kKeys;
}

Result<SettingsPtr> mwi_settings(const Values& values) {
    auto settings = std::make_shared<MwiSettings>();
    settings->account = values.text("account");
    settings->is_unsolicited = values.flag("unsolicited");
    settings->is_unsolicited_active = values.text("unsolicited_state") == "active";
    settings->message_headers = values.list("message_headers");
    return SettingsPtr(std::move(settings));
}

}  // namespace herald::packages
