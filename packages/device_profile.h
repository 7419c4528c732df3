// packages/device_profile.h: one profile of devices, users or a local network (RFC 6080 3.2), as an
// operator put it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/profile_template.h"

namespace herald::packages {

enum class ProfileType : std::uint8_t { device, user, local_network };
std::string_view name_of(ProfileType type) noexcept;
std::optional<ProfileType> profile_type_named(std::string_view name) noexcept;

/// One document of a profile.
struct ProfileFile {
    std::string name;          ///< empty: the body of the profile
    std::string content_type;  ///< may have parameters
    std::string text;          ///< as it was put, any bytes
    bool is_template = true;   ///< else it is sent as it is
    std::shared_ptr<const Template> compiled;
};

/// Immutable once it is in a ProfileSet.
struct DeviceProfile {
    ProfileType type = ProfileType::device;
    std::string name;
    ProfileFile body;
    std::vector<ProfileFile> files;
    bool is_public = false;  ///< for anybody who asks, without a password
    bool is_secret = false;  ///< leaves by TLS only, to who proved who he is
    // For whom it is; empty: for anybody. Case of letters does not count.
    std::string target;  ///< "for": an AOR, an instance ("urn:uuid:...") or a MAC address
    std::string vendor, model, version;
    /// Of the AOR that may have it; empty: any. Devices only claim their instance and MAC address.
    std::string account;
    std::optional<std::uint32_t> effective_by;  ///< seconds until devices are to use it
    std::string management_url;  ///< of a server that manages the device; handed on as it is
    std::uint64_t id = 0;        ///< of its row
    std::uint64_t revision = 0;  ///< another one after each change: its entity-tag
    std::uint64_t content = 0;   ///< hash of all the rest

    const ProfileFile* file(std::string_view file) const noexcept;
    /// Nothing but the URL of another server.
    bool is_pointer() const noexcept { return body.text.empty() && !management_url.empty(); }
    std::size_t bytes() const noexcept;
};
using ProfilePtr = std::shared_ptr<const DeviceProfile>;

/// Letters, digits, and "._~-", up to 128 of them, no dot in front: what a path may hold as it is.
bool is_profile_name(std::string_view name) noexcept;

/// Checks names, types and what may not go together, writes `target` in its canonical form and
/// reads the templates. Faults: malformed, naming the member, and the line of a template.
Result<ProfilePtr> finished(DeviceProfile profile);

/// The profile without id and revision as a text, and back. Faults: malformed.
std::string to_text(const DeviceProfile& profile);
Result<DeviceProfile> profile_from(std::string_view text);

}  // namespace herald::packages
