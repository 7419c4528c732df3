// packages/enrolment.cpp: what a SUBSCRIBE for a profile says.
#include "packages/enrolment.h"

#include <algorithm>

#include "base/text.h"

namespace herald::packages {

namespace {

constexpr std::size_t kMostAccepted = 16, kLongestAccepted = 100;
constexpr std::string_view kNetworkLabel = "_sipuaconfig.";
/// The types of drafts before the RFC, which some devices ask for.
constexpr std::string_view kApplication = "application", kLocal = "local";

std::string_view parameter(const Asked& asked, std::string_view name) {
    for (const auto& [each, value] : asked.parameters) {
        if (base::iequals(each, name)) return value;
    }
    return {};
}

/// Lower case, without parameters; empty for what is refused (q=0) or unreadable.
std::string media_range_of(std::string_view text) {
    const auto parts = base::split_once(text, ';');
    auto type = base::lower(base::trim(parts.before));
    auto rest = base::lower(parts.after);
    std::erase(rest, ' ');
    const auto at = rest.find("q=0");
    const auto tail =
        at == std::string::npos ? std::string_view() : std::string_view(rest).substr(at + 3);
    const bool is_refused =
        at != std::string::npos && tail.find_first_not_of(".0") == std::string_view::npos;
    const bool is_usable = type.size() <= kLongestAccepted && type.find('/') != std::string::npos &&
                           std::all_of(type.begin(), type.end(),
                                       [](char c) { return c > 0x20 && c < 0x7F && c != ','; });
    return is_usable && !is_refused ? type : std::string();
}

std::vector<std::string> accepted_by(const Asked& asked) {
    std::vector<std::string> types;
    for (const auto text : asked.accepted) {
        auto type = media_range_of(text);
        if (!type.empty() && types.size() < kMostAccepted) types.push_back(std::move(type));
    }
    return types;
}

/// "(MAC=00041312AB34)" in a User-Agent.
std::string mac_in_user_agent(std::string_view user_agent) {
    constexpr std::string_view kMark = "(MAC=";
    const auto at = user_agent.find(kMark);
    if (at == std::string_view::npos) return {};
    return mac_address(base::split_once(user_agent.substr(at + kMark.size()), ')').before);
}

/// RFC 6080 5.1.4.1: everybody in a network gets the same, so that nothing of one device is in it.
DeviceFacts of_network(const Asked& asked) {
    DeviceFacts facts;
    facts.domain = base::split_once(asked.aor, ':').after;
    if (facts.domain.starts_with(kNetworkLabel)) facts.domain.erase(0, kNetworkLabel.size());
    return facts;
}

DeviceFacts of_device(const Asked& asked, ProfileType type) {
    auto facts = facts_in_aor(asked.aor);
    if (facts.instance.empty()) facts.instance = base::lower(asked.instance);
    if (facts.mac.empty()) facts.mac = mac_in_instance(facts.instance);
    if (facts.mac.empty()) facts.mac = mac_in_user_agent(asked.user_agent);
    facts.aor = type == ProfileType::user ? asked.aor : asked.watcher;
    if (facts.aor == asked.watcher) facts.username = asked.username;
    facts.address = asked.address;
    facts.transport = asked.transport;
    return facts;
}

}  // namespace

DeviceFacts facts_in_aor(std::string_view aor) {
    DeviceFacts facts;
    const auto at = aor.rfind('@');
    facts.domain =
        at == std::string_view::npos ? base::split_once(aor, ':').after : aor.substr(at + 1);
    if (at == std::string_view::npos) return facts;
    const auto user = base::percent_decode(base::split_once(aor.substr(0, at), ':').after);
    if (base::istarts_with(user, "urn:")) {
        facts.instance = base::lower(user);
        facts.mac = mac_in_instance(facts.instance);
    } else if (base::istarts_with(user, "mac:")) {
        facts.mac = mac_address(std::string_view(user).substr(4));
    } else {
        facts.mac = mac_address(user);
    }
    return facts;
}

bool Enrolment::accepts(std::string_view content_type) const {
    if (!has_accept) return true;
    const auto wanted = base::lower(base::trim(base::split_once(content_type, ';').before));
    const auto range = std::string(base::split_once(wanted, '/').before) + "/*";
    return std::any_of(accepted.begin(), accepted.end(), [&](const std::string& each) {
        return each == wanted || each == range || each == "*/*";
    });
}

bool Enrolment::names(std::string_view media_type) const {
    return std::find(accepted.begin(), accepted.end(), media_type) != accepted.end();
}

Result<Enrolment> enrolment_of(const Asked& asked) {
    const auto wanted = parameter(asked, "profile-type");
    if (wanted.empty()) return Fault{FaultKind::malformed, "Event has no profile-type"};
    Enrolment enrolment;
    enrolment.type =
        base::iequals(wanted, kLocal) ? ProfileType::local_network : profile_type_named(wanted);
    if (!enrolment.type && !base::iequals(wanted, kApplication))
        return Fault{FaultKind::not_found, "No such profile-type"};
    const auto type = enrolment.type.value_or(ProfileType::device);
    enrolment.facts =
        type == ProfileType::local_network ? of_network(asked) : of_device(asked, type);
    enrolment.facts.vendor = parameter(asked, "vendor");
    enrolment.facts.model = parameter(asked, "model");
    enrolment.facts.version = parameter(asked, "version");
    if (type != ProfileType::local_network) enrolment.facts.user_agent = asked.user_agent;
    enrolment.is_anonymous = asked.watcher.empty();
    enrolment.is_protected = asked.is_protected;
    enrolment.has_accept = asked.has_accept;
    enrolment.accepted = accepted_by(asked);
    const auto earlier = enrolment_from(asked.earlier);
    if (!asked.has_accept && earlier) {
        enrolment.has_accept = earlier->has_accept;
        enrolment.accepted = earlier->accepted;
    }
    return enrolment;
}

std::string to_text(const Enrolment& enrolment) {
    std::string text(enrolment.type ? name_of(*enrolment.type) : kApplication);
    text += enrolment.is_anonymous ? " anonymous" : " proved";
    text += enrolment.is_protected ? " protected" : " clear";
    text += enrolment.has_accept ? " accept" : " any";
    text += '\n';
    for (const auto& type : enrolment.accepted) text += type + ',';
    return text + '\n' + to_text(enrolment.facts);
}

std::optional<Enrolment> enrolment_from(std::string_view text) {
    const auto head = base::split_once(text, '\n');
    auto types = base::split_once(head.after, '\n');
    auto facts = facts_from(types.after);
    if (!head.found || !types.found || !facts) return std::nullopt;
    Enrolment enrolment;
    enrolment.type = profile_type_named(base::split_once(head.before, ' ').before);
    enrolment.is_anonymous = head.before.find(" anonymous") != std::string_view::npos;
    enrolment.is_protected = head.before.find(" protected") != std::string_view::npos;
    enrolment.has_accept = head.before.ends_with(" accept");
    enrolment.facts = *std::move(facts);
    while (!types.before.empty()) {
        const auto each = base::split_once(types.before, ',');
        enrolment.accepted.emplace_back(each.before);
        types.before = each.after;
    }
    return enrolment;
}

}  // namespace herald::packages
