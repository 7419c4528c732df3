// server/access/rules.h: what rules give a watcher: all that match, added up (RFC 4745 10). Pure
// functions: order and names of rules make no difference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "pidf/common_policy.h"

namespace herald::server {

/// Who asks, for which package, and when.
struct Asking {
    /// Canonical; all are his, as far as that was proved. Empty: nobody knows who he is.
    std::span<const std::string_view> uris;
    std::string_view package;  ///< without ".winfo"
    base::WallTime now;
    std::optional<std::string_view> sphere;  ///< of the owner, lower case; nullopt: undefined
};

/// Why a rule does not match: its first condition that fails.
enum class Mismatch : std::uint8_t {
    none,
    package,
    identity,
    other_identity,
    anonymous_request,
    external_list,
    sphere,
    validity,
    unknown_condition,
};
std::string_view name_of(Mismatch mismatch) noexcept;

/// What was granted. Nothing matched: no handling, nothing shown.
struct Grant {
    std::optional<pidf::SubHandling> handling;
    pidf::Permissions permissions;
    std::vector<std::uint32_t> rules;  ///< indices of those that matched, ascending
    std::size_t looked_at = 0;         ///< rules that had to be
    void add(const Grant& other);
};

/// A document, ready to be asked. Immutable and shared.
class CompiledRules {
public:
    explicit CompiledRules(pidf::Ruleset ruleset);

    Grant grant(const Asking& asking) const;
    /// One rule, to tell an operator why it matched or not.
    Mismatch mismatch(std::size_t rule, const Asking& asking) const;
    const std::vector<pidf::Rule>& rules() const noexcept { return rules_; }
    /// Whether any rule asks for the sphere.
    bool asks_for_sphere() const noexcept { return asks_for_sphere_; }
    /// When a validity begins or ends next.
    std::optional<base::WallTime> next_boundary(base::WallTime now) const;

private:
    std::vector<std::uint32_t> candidates(const Asking& asking) const;
    Mismatch check(const pidf::Conditions& conditions, const Asking& asking, bool is_named) const;
    /// Whether any rule of the document names him.
    bool names(const Asking& asking) const;

    std::vector<pidf::Rule> rules_;
    using Index = base::TextMap<std::vector<std::uint32_t>>;
    Index by_id_, by_domain_;             ///< those that a watcher of that name may match
    std::vector<std::uint32_t> general_;  ///< those that anybody may match
    bool asks_for_sphere_ = false;
    bool asks_for_others_ = false;
    std::vector<base::WallTime> boundaries_;  ///< sorted
};

/// The canonical form that identities are compared in; the text itself where it is no URI.
std::string comparable_uri(std::string_view uri);

}  // namespace herald::server
