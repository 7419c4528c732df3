// packages/ua_profile.h: what the server gives the package ua-profile (RFC 6080), and what it may
// be told.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "packages/address_block.h"
#include "packages/package.h"
#include "packages/profile_set.h"

namespace herald::packages {

/// EventState::common of the package: the profiles there are, and where they are fetched.
struct ProfileShelf final : Admitted {
    ProfileSet::Ptr profiles;
    std::string url;      ///< "https://p.example.com", without a slash at its end; empty: nowhere
    base::HashKey key{};  ///< of links
    std::chrono::seconds link_life{3600};
};

/// Where a device of these facts fetches a document of the profile, until the profile changes or
/// ProfileShelf::link_life is over. The shelf has a URL.
std::string url_of(const ProfileShelf& shelf, const DeviceProfile& profile, const ProfileFile& file,
                   const DeviceFacts& facts, base::WallTime now);

/// The section [ua_profile].
struct ProfileSettings final : Settings {
    bool admits_anonymous = false;
    bool admits_unknown = false;
    /// Whoever asks from there is let in without a password, known or not.
    std::vector<AddressBlock> bootstrap_networks;
    std::size_t inline_up_to = 4096;  ///< bytes, where an indirection is accepted too

    bool is_bootstrap(std::string_view address) const;
};

const Package& ua_profile();

}  // namespace herald::packages
