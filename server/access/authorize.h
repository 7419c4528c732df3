// server/access/authorize.h: who may see and who may publish, as pure functions: first what a
// person is to the owner, then what owner or domain say, then the defaults.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "packages/package.h"
#include "pidf/permissions.h"
#include "server/access/identity.h"
#include "server/access/policies.h"
#include "server/config/config.h"

namespace herald::server {

/// Who decided.
enum class DecidedBy : std::uint8_t {
    owner,  ///< the watcher is the owner
    admin,
    delegation,
    monitor,
    package,  ///< its resources are for their owners only
    own_rules,
    domain_rules,
    unreadable_rules,
    setting,   ///< authz.default
    standard,  ///< the same domain, or not
    once,      ///< the owner, about this subscription alone
};
std::string_view name_of(DecidedBy decided) noexcept;

using PermissionsPtr = std::shared_ptr<const pidf::Permissions>;

/// What a watcher may have of a resource.
struct Judgement {
    SubHandling handling = SubHandling::block;
    PermissionsPtr permissions;  ///< null: everything
    DecidedBy decided_by = DecidedBy::standard;

    /// Whether there is a subscription for it, and it is told something.
    bool is_active() const noexcept { return handling >= SubHandling::polite_block; }
};

/// All that judging needs; gathered before, touched by nothing.
struct JudgementFacts {
    const packages::Profile& profile;
    std::string_view owner;
    const store::Account* owner_account = nullptr;
    const Identity& watcher;
    Policies::Said said;
    std::span<const AuthorizationDefault> defaults;
    base::WallTime now{};
    std::optional<std::string_view> sphere;  ///< of the owner
};
Judgement judge(const JudgementFacts& facts);
/// What a decision about one subscription alone comes to.
Judgement decided_alone(SubHandling handling);
/// What rules are asked; `uris` is filled in and must outlive the result.
Asking asking_of(const JudgementFacts& facts, std::vector<std::string_view>& uris);

/// What a watcher may have of `owner`'s resource while nobody said anything. `owner_account` may be
/// null.
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
