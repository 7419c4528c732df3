// packages/ua_profile.h: what the server gives the package ua-profile (RFC 6080), and what it may
// be told.
#pragma once

#include <chrono>
#include <string>

#include "base/id.h"
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

/// The section [ua_profile].
struct ProfileSettings final : Settings {
    bool admits_anonymous = false;
    bool admits_unknown = false;
    std::size_t inline_up_to = 4096;  ///< bytes, where an indirection is accepted too
};

const Package& ua_profile();

}  // namespace herald::packages
