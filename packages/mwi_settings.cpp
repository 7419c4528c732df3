// packages/mwi_settings.cpp: the keys of [mwi], how their values are checked and read.
#include "packages/mwi_settings.h"

#include <algorithm>

#include "base/text.h"
#include "packages/message_counts.h"

namespace herald::packages {
namespace {

using Earlier = std::span<const std::string>;

constexpr std::size_t kMostHeaders = 32;
constexpr std::uint64_t kDay = 86400;

std::string quoted(std::string_view value) {
    return "\"" + std::string(value) + "\"";
}

Fault wrong(std::string why) {
    return Fault{FaultKind::invalid_configuration, std::move(why)};
}

bool is_name_character(char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
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
           std::all_of(scheme.begin(), scheme.end(), is_name_character) &&
           std::all_of(rest.begin(), rest.end(), is_uri_character);
}

bool is_host(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.front() == '-') return false;
    const auto is_ipv6 = text.front() == '[' && text.back() == ']' && text.size() > 4;
    if (is_ipv6) {
        text = text.substr(1, text.size() - 2);
        return std::all_of(text.begin(), text.end(), [](char c) {
            return base::is_digit(c) || c == ':' || c == '.' ||
                   ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
        });
    }
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_name_character(c) || c == '.'; });
}

/// sip:host or sip:host:port, with URI parameters or without.
bool is_sip_server(std::string_view text) {
    const auto [scheme, rest, found] = base::split_once(text, ':');
    if (!base::iequals(scheme, "sip") || !is_uri(text)) return false;
    if (rest.find_first_of("@?") != std::string_view::npos) return false;
    const auto address = base::split_once(rest, ';').before;
    const auto bracket = address.rfind(']');
    const auto colon = address.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos) return is_host(address);
    const auto port = base::to_u64(address.substr(colon + 1));
    return port && *port > 0 && *port < 65536 && is_host(address.substr(0, colon));
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

std::string check_pbx(std::string_view value, Earlier earlier) {
    const auto pbx = parse_pbx(value);
    if (!pbx) return pbx.fault().detail;
    const auto is_same = [&](const std::string& other) {
        const auto before = parse_pbx(other);
        return before && before->name == pbx->name;
    };
    const bool is_twice = std::any_of(earlier.begin(), earlier.end(), is_same);
    return is_twice ? quoted(pbx->name) + " is listed twice" : std::string();
}

}  // namespace

Result<PbxAddress> parse_pbx(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto [word, rest, found] = base::split_once(text, ' ');
        if (!word.empty()) words.push_back(word);
        text = rest;
    }
    if (words.size() != 2 && words.size() != 4) {
        return wrong(
            "expected a name and an address, \"asterisk sip:192.0.2.5:5060\", and a username and a "
            "password behind them where the PBX asks for them");
    }
    PbxAddress pbx{std::string(words[0]), std::string(words[1]), {}, {}};
    if (!std::all_of(pbx.name.begin(), pbx.name.end(), is_name_character))
        return wrong(quoted(pbx.name) + " is not a name, expected letters, digits, - and _");
    if (!is_sip_server(pbx.uri))
        return wrong(quoted(pbx.uri) + " is not an address, expected sip:host or sip:host:port");
    if (words.size() == 4) {
        pbx.username = words[2];
        pbx.password = words[3];
    }
    return pbx;
}

const PbxAddress* MwiSettings::pbx(std::string_view name) const noexcept {
    const auto found = std::find_if(pbxs.begin(), pbxs.end(),
                                    [name](const PbxAddress& pbx) { return pbx.name == name; });
    return found == pbxs.end() ? nullptr : &*found;
}

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
        {.name = "pbx",
         .help = "PBXs that Herald subscribes to for their mailboxes: \"name sip:host:port\", and "
                 "\"username password\" behind it where the PBX asks for them. Which mailboxes: "
                 "each mailbox's settings.",
         .standard = List(),
         .check = check_pbx},
        {.name = "pbx_expires",
         .help = "How long Herald subscribes to a PBX's mailbox at a time; a PBX that forgot its "
                 "subscribers is noticed within this time.",
         .standard = std::uint64_t{600},
         .min = 60,
         .max = kDay,
         .unit = "s"},
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
    settings->pbx_expires = static_cast<std::uint32_t>(values.number("pbx_expires"));
    settings->message_headers = values.list("message_headers");
    for (const std::string& each : values.list("pbx")) {
        auto pbx = parse_pbx(each);
        if (!pbx) return Fault{pbx.fault().kind, "pbx: " + pbx.fault().detail};
        settings->pbxs.push_back(*std::move(pbx));
    }
    return SettingsPtr(std::move(settings));
}

}  // namespace herald::packages
