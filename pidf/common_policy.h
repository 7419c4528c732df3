// pidf/common_policy.h: authorization documents (RFC 4745, RFC 5025, the OMA's additions, and
// ours): application/auth-policy+xml in, rules out.
//
// Ours, in a namespace of its own: the condition <packages value="presence dialog"/>, without which
// a rule is about presence alone, and the transformation <dialog-view>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "pidf/permissions.h"

namespace herald::pidf {

inline constexpr std::string_view kAuthPolicyType = "application/auth-policy+xml";
inline constexpr std::string_view kRulesNamespace = "urn:herald:xml:ns:rules";

/// What becomes of a subscription; higher wins (RFC 5025 3.2.1).
enum class SubHandling : std::uint8_t { block, confirm, polite_block, allow };
/// "polite-block".
std::string_view name_of(SubHandling handling) noexcept;
std::optional<SubHandling> handling_named(std::string_view name) noexcept;

/// One child of <identity> (RFC 4745 7.1).
struct IdentityMatch {
    enum class Kind : std::uint8_t { one, many, unknown };
    Kind kind = Kind::unknown;
    std::string id;                     ///< of one, as it was written
    std::optional<std::string> domain;  ///< of many, in lower case; nullopt: any
    std::vector<std::string> except_ids, except_domains;
};

struct Interval {
    base::WallTime from, until;
};

/// All that are there must hold.
struct Conditions {
    std::optional<std::vector<IdentityMatch>> identity;
    std::optional<std::vector<std::string>> spheres;  ///< lower case
    std::optional<std::vector<Interval>> validity;
    std::optional<std::vector<std::string>> packages;
    bool is_other_identity = false;     ///< nobody that any rule names (OMA)
    bool is_anonymous_request = false;  ///< (OMA)
    bool has_external_list = false;     ///< (OMA); no lists are kept here: false
    bool has_unknown = false;           ///< false (RFC 4745 7)
};

struct Rule {
    std::string id;
    Conditions conditions;
    std::optional<SubHandling> handling;
    Permissions permissions;
};

struct Ruleset {
    std::vector<Rule> rules;
};

/// Limits of one document.
inline constexpr std::size_t kMostRules = 10000;
inline constexpr std::size_t kMostRulesBytes = 4 << 20;

/// Faults: too_large; malformed, "line L, column C: why", for what the schemas do not allow.
Result<Ruleset> parse_ruleset(std::string_view document);

/// A domain as rules compare them (RFC 4745 7.1.3): escapes undone, in ASCII, lower case. Empty for
/// one that equals nothing.
std::string comparable_domain(std::string_view domain);

}  // namespace herald::pidf
