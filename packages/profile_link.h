// packages/profile_link.h: the token in the URL of a document of a profile: it names the document,
// its version and the device it is for, and cannot be made or changed by anybody else.
//
// Enciphered and authenticated (RFC 5297, AES-128-SIV): nothing of it is kept, so it is good over
// restarts and on every node, and a hundred thousand of them take no memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/time.h"
#include "packages/device_facts.h"
#include "packages/device_profile.h"

namespace herald::packages {

struct ProfileLink {
    ProfileType type = ProfileType::device;
    std::string profile;        ///< its name
    std::string file;           ///< empty: the body
    std::uint64_t version = 0;  ///< ProfileSet::version_of()
    base::WallTime expires_at{};
    DeviceFacts facts;  ///< whom it is made for: the document is made of these
};

/// The characters of a URL that need no escape, some 200 to 500 of them. The same for the same
/// link.
std::string token_of(const ProfileLink& link, const base::HashKey& key);
/// nullopt: nobody who has the key made it. Whether it has expired is for the caller to see.
std::optional<ProfileLink> link_in(std::string_view token, const base::HashKey& key);

}  // namespace herald::packages
