// packages/device_profile.cpp: one profile of devices, users or a local network.
#include "packages/device_profile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/id.h"
#include "base/text.h"
#include "base/text_map.h"

namespace herald::packages {

namespace {

constexpr std::array<std::string_view, 3> kTypes{"device", "user", "local-network"};
constexpr std::size_t kLongestName = 128, kLongestType = 255, kLongestUrl = 2048;
constexpr std::size_t kMostFiles = 64;
/// The same over restarts: versions are told to devices.
constexpr base::HashKey kContentKey{0x70726f66696c6573, 0x636f6e74656e7473};
constexpr std::uint32_t kLatest = 365 * 86400;

bool is_name_character(char c) {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("._~-").find(c) != std::string_view::npos;
}

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

bool is_token_character(char c) {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
}

bool is_type_part(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

/// type/subtype, and printable parameters of ASCII behind it.
bool is_content_type(std::string_view text) {
    if (text.size() > kLongestType || !is_printable(text)) return false;
    if (std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; })) return false;
    const auto parts = base::split_once(base::split_once(text, ';').before, '/');
    return parts.found && is_type_part(parts.before) && is_type_part(base::trim(parts.after));
}

bool is_url(std::string_view text) {
    if (text.size() > kLongestUrl) return false;
    if (!base::istarts_with(text, "http://") && !base::istarts_with(text, "https://")) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7F &&
               std::string_view("<>\"\\^`{|}").find(c) == std::string_view::npos;
    });
}

Fault wrong(const std::string& member, const std::string& why) {
    return {FaultKind::malformed, "\"" + member + "\": " + why};
}

bool is_aor(std::string_view text) {
    return text.size() <= 255 && is_printable(text) && text.starts_with("sip:") &&
           text.find('@') != std::string_view::npos && !text.ends_with("@");
}

/// Canonical; nullopt: it is none of the three.
std::optional<std::string> target_of(std::string_view text) {
    if (auto mac = mac_address(text); !mac.empty()) return mac;
    if (text.size() > 255 || !is_printable(text)) return std::nullopt;
    if (base::istarts_with(text, "urn:")) return base::lower(text);
    return is_aor(text) ? std::optional(std::string(text)) : std::nullopt;
}

Status finish(ProfileFile& file, const std::string& member) {
    if (!is_content_type(file.content_type))
        return wrong(member == "body" ? "content_type" : member,
                     "expected a content type such as text/plain");
    if (!file.is_template) {
        file.compiled = std::make_shared<const Template>(Template::verbatim(file.text));
        return {};
    }
    auto parsed = Template::parse(file.text);
    if (!parsed) return wrong(member, parsed.fault().detail);
    file.compiled = std::make_shared<const Template>(*std::move(parsed));
    return {};
}

Status finish_files(DeviceProfile& profile) {
    if (profile.files.size() > kMostFiles) return wrong("files", "expected at most 64");
    base::TextSet names;
    for (auto& file : profile.files) {
        if (!is_profile_name(file.name))
            return wrong("files", "\"" + file.name.substr(0, kLongestName) +
                                      "\" is no name of letters, digits and ._~-");
        if (!names.insert(file.name).second) return wrong("files", file.name + " is there twice");
        if (auto done = finish(file, "files." + file.name); !done) return done;
    }
    return {};
}

Status check_members(const DeviceProfile& profile) {
    if (!is_profile_name(profile.name))
        return wrong("name", "expected up to 128 letters, digits and ._~-");
    if (profile.is_public && profile.is_secret)
        return wrong("secret", "what is public is no secret");
    for (const auto* text : {&profile.vendor, &profile.model, &profile.version}) {
        if (text->size() > kLongestName || !is_printable(*text))
            return wrong("vendor", "vendor, model and version have up to 128 characters");
    }
    if (profile.effective_by.value_or(0) > kLatest)
        return wrong("effective_by", "expected at most a year in seconds");
    if (!profile.management_url.empty() && !is_url(profile.management_url))
        return wrong("management_url", "expected an http or https URL");
    return {};
}

/// Length, a blank, the text.
void append_part(std::string& out, std::string_view text) {
    base::append_number(out, text.size());
    (out += ' ') += text;
}

std::optional<std::string> next_part(std::string_view& text) {
    const auto parts = base::split_once(text, ' ');
    const auto size = base::to_u64(parts.before);
    if (!parts.found || !size || *size > parts.after.size()) return std::nullopt;
    text = parts.after.substr(*size);
    return std::string(parts.after.substr(0, *size));
}

void append_file(std::string& out, const ProfileFile& file) {
    append_part(out, file.name);
    append_part(out, file.content_type);
    append_part(out, file.text);
    append_part(out, file.is_template ? "template" : "");
}

bool read_file(std::string_view& text, ProfileFile& file) {
    for (auto* member : {&file.name, &file.content_type, &file.text}) {
        auto part = next_part(text);
        if (!part) return false;
        *member = *std::move(part);
    }
    const auto part = next_part(text);
    file.is_template = part && !part->empty();
    return part.has_value();
}

using Text = std::string DeviceProfile::*;
constexpr Text kProfileTexts[] = {&DeviceProfile::name,    &DeviceProfile::target,
                                  &DeviceProfile::vendor,  &DeviceProfile::model,
                                  &DeviceProfile::version, &DeviceProfile::management_url,
                                  &DeviceProfile::account};

}  // namespace

std::string_view name_of(ProfileType type) noexcept {
    return kTypes[static_cast<std::size_t>(type)];
}

std::optional<ProfileType> profile_type_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kTypes.size(); ++i) {
        if (base::iequals(kTypes[i], name)) return static_cast<ProfileType>(i);
    }
    return std::nullopt;
}

const ProfileFile* DeviceProfile::file(std::string_view file) const noexcept {
    if (file.empty()) return &body;
    const auto found = std::find_if(files.begin(), files.end(),
                                    [file](const ProfileFile& each) { return each.name == file; });
    return found == files.end() ? nullptr : &*found;
}

std::size_t DeviceProfile::bytes() const noexcept {
    std::size_t size = body.text.size();
    for (const auto& each : files) size += each.text.size();
    return size;
}

bool is_profile_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), is_name_character);
}

Result<ProfilePtr> finished(DeviceProfile profile) {
    if (auto done = check_members(profile); !done) return done.fault();
    if (!profile.target.empty()) {
        auto target = target_of(profile.target);
        if (!target)
            return wrong("for",
                         "expected an address such as sip:alice@example.com, an instance or "
                         "a MAC address");
        profile.target = *std::move(target);
    }
    if (!profile.account.empty() && !is_aor(profile.account))
        return wrong("account", "expected an address such as sip:alice@example.com");
    if (auto done = finish(profile.body, "body"); !done) return done.fault();
    if (auto done = finish_files(profile); !done) return done.fault();
    profile.content = base::keyed_hash(kContentKey, to_text(profile));
    return ProfilePtr(std::make_shared<const DeviceProfile>(std::move(profile)));
}

std::string to_text(const DeviceProfile& profile) {
    std::string text;
    append_part(text, name_of(profile.type));
    for (const auto member : kProfileTexts) append_part(text, profile.*member);
    append_part(text, profile.is_public ? "public" : profile.is_secret ? "secret" : "");
    append_part(text, profile.effective_by ? std::to_string(*profile.effective_by) : "");
    append_file(text, profile.body);
    for (const auto& file : profile.files) append_file(text, file);
    return text;
}

Result<DeviceProfile> profile_from(std::string_view text) {
    const Fault broken{FaultKind::malformed, "a stored profile that cannot be read"};
    DeviceProfile profile;
    const auto type = profile_type_named(next_part(text).value_or(""));
    if (!type) return broken;
    profile.type = *type;
    for (const auto member : kProfileTexts) {
        auto part = next_part(text);
        if (!part) return broken;
        profile.*member = *std::move(part);
    }
    const auto audience = next_part(text), effective_by = next_part(text);
    if (!audience || !effective_by) return broken;
    profile.is_public = *audience == "public";
    profile.is_secret = *audience == "secret";
    profile.effective_by = base::to_u32_clamped(*effective_by);
    // Only files have names.
    if (!read_file(text, profile.body) || !profile.body.name.empty()) return broken;
    while (!text.empty()) {
        if (!read_file(text, profile.files.emplace_back())) return broken;
    }
    return profile;
}

}  // namespace herald::packages
