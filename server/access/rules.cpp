// server/access/rules.cpp: what rules give a watcher: all that match, added up (RFC 4745 10).
#include "server/access/rules.h"

#include <algorithm>

#include "base/text.h"
#include "packages/package.h"
#include "pidf/grants.h"
#include "pidf/idna.h"
#include "server/address/domains.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

using pidf::Conditions;
using pidf::IdentityMatch;

constexpr std::string_view kMismatches[] = {
    "none",          "package", "identity", "other-identity",   "anonymous-request",
    "external-list", "sphere",  "validity", "unknown-condition"};

/// Nothing equals what could not be converted, and is empty by that.
bool contains(const std::vector<std::string>& items, std::string_view item) {
    return !item.empty() && std::find(items.begin(), items.end(), item) != items.end();
}

/// Of an AOR, as rules compare it.
std::string_view comparable_domain_of(std::string_view uri) noexcept {
    return uri.starts_with("sip:") ? domain_of(uri) : std::string_view();
}

/// RFC 4745 7.1.3: exceptions are taken out of <many>.
bool is_excepted(const IdentityMatch& many, const Asking& asking) {
    return std::any_of(asking.uris.begin(), asking.uris.end(), [&](std::string_view uri) {
        return contains(many.except_ids, uri) ||
               contains(many.except_domains, comparable_domain_of(uri));
    });
}

bool matches(const IdentityMatch& match, const Asking& asking) {
    const auto any = [&](auto fits) {
        return std::any_of(asking.uris.begin(), asking.uris.end(), fits);
    };
    switch (match.kind) {
        case IdentityMatch::Kind::one:
            return any([&](std::string_view uri) { return uri == match.id; });
        case IdentityMatch::Kind::many:
            if (asking.uris.empty() || is_excepted(match, asking)) return false;
            return !match.domain || any([&](std::string_view uri) {
                const auto domain = comparable_domain_of(uri);
                return !domain.empty() && domain == *match.domain;
            });
        case IdentityMatch::Kind::unknown:
            return false;
    }
    return false;
}

bool matches_any(const std::vector<IdentityMatch>& identity, const Asking& asking) {
    return std::any_of(identity.begin(), identity.end(),
                       [&](const auto& match) { return matches(match, asking); });
}

bool is_valid(const std::vector<pidf::Interval>& validity, base::WallTime now) {
    return std::any_of(validity.begin(), validity.end(), [now](const auto& interval) {
        return interval.from <= now && now < interval.until;
    });
}

bool is_about(const Conditions& conditions, std::string_view package) {
    if (!conditions.packages) return package == packages::ruled_by_default().profile().event;
    return contains(*conditions.packages, package) || contains(*conditions.packages, "*");
}

void make_comparable(Conditions& conditions) {
    if (!conditions.identity) return;
    for (auto& match : *conditions.identity) {
        if (!match.id.empty()) match.id = comparable_uri(match.id);
        for (auto& id : match.except_ids) id = comparable_uri(id);
    }
}

}  // namespace

std::string_view name_of(Mismatch mismatch) noexcept {
    return kMismatches[static_cast<std::size_t>(mismatch)];
}

std::string comparable_uri(std::string_view text) {
    if (const auto uri = sip::parse_uri(text)) return sip::canonical_aor(*uri);
    const auto in_ascii = pidf::ascii_uri(text);
    const auto uri = sip::parse_uri(in_ascii);
    return uri ? sip::canonical_aor(*uri) : std::string(text);
}

void Grant::add(const Grant& other) {
    if (other.handling) handling = std::max(*other.handling, handling.value_or(*other.handling));
    permissions.add(other.permissions);
}

CompiledRules::CompiledRules(pidf::Ruleset ruleset) : rules_(std::move(ruleset.rules)) {
    for (std::uint32_t index = 0; index < rules_.size(); ++index) {
        auto& conditions = rules_[index].conditions;
        make_comparable(conditions);
        asks_for_sphere_ = asks_for_sphere_ || conditions.spheres.has_value();
        asks_for_others_ = asks_for_others_ || conditions.is_other_identity;
        if (conditions.validity) {
            for (const auto& interval : *conditions.validity) {
                boundaries_.push_back(interval.from);
                boundaries_.push_back(interval.until);
            }
        }
        if (!conditions.identity) {
            general_.push_back(index);
            continue;
        }
        for (const auto& match : *conditions.identity) {
            if (match.kind == IdentityMatch::Kind::one) {
                by_id_[match.id].push_back(index);
            } else if (match.domain) {
                by_domain_[*match.domain].push_back(index);
            } else {
                general_.push_back(index);
            }
        }
    }
    std::sort(boundaries_.begin(), boundaries_.end());
}

/// Those that may match, each once, ascending.
std::vector<std::uint32_t> CompiledRules::candidates(const Asking& asking) const {
    std::vector<std::uint32_t> found = general_;
    const auto add = [&found](const Index& index, std::string_view key) {
        const auto at = index.find(key);
        if (at != index.end()) found.insert(found.end(), at->second.begin(), at->second.end());
    };
    for (const auto uri : asking.uris) {
        add(by_id_, uri);
        add(by_domain_, comparable_domain_of(uri));
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

bool CompiledRules::names(const Asking& asking) const {
    const auto found = candidates(asking);
    return std::any_of(found.begin(), found.end(), [&](std::uint32_t index) {
        const auto& identity = rules_[index].conditions.identity;
        return identity && matches_any(*identity, asking);
    });
}

Mismatch CompiledRules::check(const Conditions& conditions, const Asking& asking,
                              bool is_named) const {
    if (!is_about(conditions, asking.package)) return Mismatch::package;
    if (conditions.has_unknown) return Mismatch::unknown_condition;
    if (conditions.identity && !matches_any(*conditions.identity, asking))
        return Mismatch::identity;
    if (conditions.is_other_identity && (asking.uris.empty() || is_named))
        return Mismatch::other_identity;
    if (conditions.is_anonymous_request && !asking.uris.empty()) return Mismatch::anonymous_request;
    if (conditions.has_external_list) return Mismatch::external_list;
    if (conditions.spheres && !(asking.sphere && contains(*conditions.spheres, *asking.sphere)))
        return Mismatch::sphere;
    if (conditions.validity && !is_valid(*conditions.validity, asking.now))
        return Mismatch::validity;
    return Mismatch::none;
}

Grant CompiledRules::grant(const Asking& asking) const {
    Grant grant;
    pidf::GrantSum granted;
    const bool is_named = asks_for_others_ && names(asking);
    const auto found = candidates(asking);
    grant.looked_at = found.size();
    for (const auto index : found) {
        const auto& rule = rules_[index];
        if (check(rule.conditions, asking, is_named) != Mismatch::none) continue;
        if (rule.handling)
            grant.handling = std::max(*rule.handling, grant.handling.value_or(*rule.handling));
        granted.add(rule.permissions);
        grant.rules.push_back(index);
    }
    grant.permissions = granted.total();
    return grant;
}

Mismatch CompiledRules::mismatch(std::size_t rule, const Asking& asking) const {
    const auto& conditions = rules_[rule].conditions;
    return check(conditions, asking, conditions.is_other_identity && names(asking));
}

std::optional<base::WallTime> CompiledRules::next_boundary(base::WallTime now) const {
    const auto next = std::upper_bound(boundaries_.begin(), boundaries_.end(), now);
    if (next == boundaries_.end()) return std::nullopt;
    return *next;
}

}  // namespace herald::server
