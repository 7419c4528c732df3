// server/access/authorize.h: who may see and who may publish: the fixed table, as pure functions.
#pragma once

#include <string_view>

#include "packages/package.h"
#include "server/access/identity.h"

namespace herald::server {

enum class SubHandling : unsigned char { block, confirm, allow };

/// What a watcher may have of `owner`'s resource while the owner has no rules. `owner_account` may
/// be null.
SubHandling sub_handling(const packages::Profile& profile, std::string_view owner,
                         const store::Account* owner_account, const Identity& watcher);

/// Whether `sender` may change the published state of `owner` (RFC 3903 14): the owner, its
/// delegates, a publisher for it, an admin, a trusted peer; anybody where authentication is off.
bool may_publish(const packages::Profile& profile, std::string_view owner,
                 const store::Account* owner_account, const Identity& sender);

/// Whether `sender` may register contacts for `owner` (RFC 3261 10.3 steps 3 and 4): as
/// may_publish() for package reg, and the owner.
bool may_register(std::string_view owner, const store::Account* owner_account,
                  const Identity& sender);

/// Whether a new initial PUBLISH of `sender` replaces its earlier one (composition rule CO-15).
bool is_publisher(const Identity& sender);

/// Whether the account is a publisher that lists `owner` and `package`: it speaks for that
/// resource.
bool publishes_for(const store::Account& account, std::string_view package, std::string_view owner);

}  // namespace herald::server
