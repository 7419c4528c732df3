// server/core/answers.cpp: refusals as SIP says them: the one table from Fault to status, and the
// headers some need.
#include "server/core/answers.h"

#include <algorithm>

#include "base/id.h"
#include "base/text.h"

namespace herald::server {

namespace {

constexpr std::size_t kLongestReason = 200;

/// A reason phrase must stay on its line, whatever text of a document the fault repeats.
std::string one_line(std::string_view text) {
    std::string line(text.substr(0, kLongestReason));
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return line;
}

int status_of(FaultKind kind) {
    switch (kind) {
        case FaultKind::malformed:
            return 400;
        case FaultKind::unauthenticated:
            return 401;
        case FaultKind::forbidden:
            return 403;
        case FaultKind::not_found:
            return 404;
        case FaultKind::not_acceptable:
            return 406;
        case FaultKind::precondition_failed:
        case FaultKind::conflict:
            return 412;
        case FaultKind::too_large:
            return 413;
        case FaultKind::unsupported_media:
            return 415;
        case FaultKind::interval_too_brief:
            return 423;
        case FaultKind::unknown_event:
            return 489;
        case FaultKind::limit_reached:
        case FaultKind::unavailable:
        case FaultKind::unknown_outcome:
        case FaultKind::timeout:
        case FaultKind::unreachable:
        case FaultKind::io:
            return 503;
        case FaultKind::invalid_configuration:
            return 500;
    }
    return 500;
}

std::string join(const std::vector<std::string_view>& items) {
    std::string text;
    for (const auto item : items) {
        if (!text.empty()) text += ", ";
        text += item;
    }
    return text;
}

/// Bodies that are taken around a document, whatever the method.
constexpr std::string_view kMultipart[] = {"multipart/mixed", "multipart/related",
                                           "multipart/alternative"};

/// Of PUBLISH, then of MESSAGE, for which none configured means any.
std::string all_body_types(const std::vector<std::string>& of_messages) {
    std::vector<std::string_view> types;
    const auto add = [&](std::string_view type) {
        if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    };
    for (const auto* package : packages::all()) {
        for (const auto type : package->profile().publish_types) add(type);
    }
    for (const auto type : kMultipart) add(type);
    for (const auto& type : of_messages) add(type);
    if (of_messages.empty()) add("*/*");
    return join(types);
}

std::string line(std::string_view name, std::string_view value) {
    std::string text(name);
    text += ": ";
    text += value;
    text += "\r\n";
    return text;
}

sip::Answer later(int status, std::string_view reason) {
    auto result = answer(status, reason);
    result.retry_after = 1 + static_cast<std::uint32_t>(base::random_u64() % 5);
    return result;
}

}  // namespace

sip::Answer answer(int status, std::string_view reason) {
    sip::Answer result;
    result.status = status;
    result.reason = one_line(reason);
    return result;
}

sip::Answer unavailable(std::string_view reason) {
    return later(503, reason);
}

sip::Answer not_now(std::string_view reason) {
    return later(480, reason);
}

sip::Answer method_not_allowed() {
    auto result = answer(405);
    result.headers = line("Allow", allowed_methods());
    return result;
}

sip::Answer bad_event() {
    auto result = answer(489);
    result.headers = line("Allow-Events", allowed_events());
    return result;
}

sip::Answer interval_too_brief(std::uint32_t min_expires) {
    auto result = answer(423);
    result.min_expires = min_expires;
    return result;
}

sip::Answer unsupported_media(const packages::Profile& profile) {
    auto result = answer(415);
    result.headers = line("Accept", join(profile.publish_types));
    return result;
}

sip::Answer options_answer(const std::vector<std::string>& message_types) {
    auto result = answer(200);
    // What matters least comes last: the answer to a short request over UDP is cut.
    result.headers = line("Allow", allowed_methods()) + line("Allow-Events", allowed_events()) +
                     line("Accept", all_body_types(message_types)) +
                     line("Supported", supported_tags()) + line("Accept-Encoding", "identity") +
                     line("Accept-Language", "en");
    result.with_contact = true;
    return result;
}

void shorten(sip::Answer& answer, const sip::Message& request) {
    // Status line, tag, received, rport and lengths; all else is copied from the request.
    constexpr std::size_t kOwn = 250;
    const auto size = request.bytes().size() - request.body().size();
    const auto most = 2 * size > kOwn ? 2 * size - kOwn : 0;
    auto& lines = answer.headers;
    while (lines.size() > most) {
        const auto end =
            lines.size() < 2 ? std::string::npos : lines.rfind("\r\n", lines.size() - 3);
        lines.erase(end == std::string::npos ? 0 : end + 2);
    }
}

sip::Answer from_fault(const Fault& fault) {
    const int status = status_of(fault.kind);
    return status == 503 ? unavailable(fault.detail) : answer(status, fault.detail);
}

std::string_view allowed_methods() noexcept {
    return "SUBSCRIBE, NOTIFY, PUBLISH, REGISTER, MESSAGE, OPTIONS, CANCEL";
}

std::string_view supported_tags() noexcept {
    return "gruu, outbound, path";
}

bool is_supported(std::string_view option_tag) noexcept {
    std::string_view rest = supported_tags();
    while (!rest.empty()) {
        const auto parts = base::split_once(rest, ',');
        if (base::iequals(base::trim(parts.before), option_tag)) return true;
        rest = parts.after;
    }
    return false;
}

const std::string& allowed_events() {
    // Made anew where others were installed: a process may have one server after the other.
    thread_local std::string events;
    thread_local std::vector<const packages::Package*> listed;
    if (listed == packages::all()) return events;
    listed = packages::all();
    events = [] {
        std::vector<std::string_view> names;
        for (const auto* package : packages::all()) {
            const auto event = package->profile().event;
            // Parameters are not listed (RFC 6665 8.2.2).
            if (event.find(';') == std::string_view::npos) names.push_back(event);
        }
        return join(names);
    }();
    return events;
}

}  // namespace herald::server
