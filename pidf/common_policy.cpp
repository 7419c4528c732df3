// pidf/common_policy.cpp: authorization documents (RFC 4745, RFC 5025), read.
#include "pidf/common_policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "pidf/idna.h"
#include "pidf/wellformed.h"
#include "pidf/xml.h"

namespace herald::pidf {
namespace {

using xml::Element;

constexpr std::string_view kPolicy = "urn:ietf:params:xml:ns:common-policy";
constexpr std::string_view kPresence = "urn:ietf:params:xml:ns:pres-rules";
constexpr std::string_view kOmaPolicy = "urn:oma:xml:xdm:common-policy";
constexpr std::string_view kOmaPresence = "urn:oma:xml:prs:pres-rules";

constexpr std::string_view kHandlings[] = {"block", "confirm", "polite-block", "allow"};

constexpr xml::Limits kPolicyLimits{
    .bytes = kMostRulesBytes, .depth = 16, .elements = 200000, .attributes = 200000};

template <std::size_t N>
std::optional<std::size_t> index_in(const std::string_view (&names)[N], std::string_view name) {
    const auto found = std::find(std::begin(names), std::end(names), name);
    if (found == std::end(names)) return std::nullopt;
    return static_cast<std::size_t>(found - std::begin(names));
}

bool is(Element element, std::string_view uri, std::string_view local) {
    return element.uri() == uri && element.local() == local;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(" \t\r\n", at)) != std::string_view::npos) {
        const auto end = std::min(text.find_first_of(" \t\r\n", at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

class Reader {
public:
    explicit Reader(const xml::Tree& tree) : tree_(tree) {}

    Result<Ruleset> run() {
        const auto root = tree_.root();
        if (!is(root, kPolicy, "ruleset"))
            return fault(root, "the root element is not ruleset of " + std::string(kPolicy));
        Ruleset ruleset;
        std::set<std::string> ids;
        for (const auto child : root) {
            if (!is(child, kPolicy, "rule")) continue;
            if (ruleset.rules.size() == kMostRules)
                return fault(child, "more than " + std::to_string(kMostRules) + " rules");
            Rule rule;
            if (auto read = read_rule(child, rule); !read) return read.fault();
            if (!ids.insert(rule.id).second)
                return fault(child, "a second rule \"" + rule.id + '"');
            ruleset.rules.push_back(std::move(rule));
        }
        return ruleset;
    }

private:
    Fault fault(Element where, const std::string& why) const {
        return {FaultKind::malformed, tree_.place(where) + ": " + why};
    }

    Status read_rule(Element element, Rule& rule) {
        rule.id = base::trim(element.attribute("id").value_or(""));
        if (!xml::is_ncname(rule.id)) return fault(element, "a rule without a usable id");
        static constexpr std::string_view kOrder[] = {"conditions", "actions", "transformations"};
        std::size_t next = 0;
        for (const auto child : element) {
            if (child.uri() != kPolicy) continue;
            const auto part = index_in(kOrder, child.local());
            if (!part) continue;
            if (*part < next)
                return fault(child, std::string(child.local()) + " out of order, or twice");
            next = *part + 1;
            auto read = *part == 0   ? read_conditions(child, rule.conditions)
                        : *part == 1 ? read_actions(child, rule)
                                     : read_transformations(child, rule.permissions);
            if (!read) return read;
        }
        return {};
    }

    Status read_conditions(Element element, Conditions& conditions) {
        unsigned who = 0;
        bool is_oma = false;
        for (const auto child : element) {
            const auto read = read_condition(child, conditions);
            if (!read) return read;
            const bool is_extension = child.uri() == kOmaPolicy;
            is_oma = is_oma || is_extension;
            if (is_extension || is(child, kPolicy, "identity")) ++who;
        }
        if (is_oma && who > 1) return fault(element, "more than one condition says who");
        return {};
    }

    Status read_condition(Element element, Conditions& conditions) {
        if (is(element, kPolicy, "identity")) return read_identity(element, conditions);
        if (is(element, kPolicy, "sphere")) return read_sphere(element, conditions);
        if (is(element, kPolicy, "validity")) return read_validity(element, conditions);
        if (is(element, kRulesNamespace, "packages")) return read_packages(element, conditions);
        if (is(element, kOmaPolicy, "other-identity")) {
            conditions.is_other_identity = true;
        } else if (is(element, kOmaPolicy, "anonymous-request")) {
            conditions.is_anonymous_request = true;
        } else if (is(element, kOmaPolicy, "external-list")) {
            conditions.has_external_list = true;
        } else {
            conditions.has_unknown = true;
        }
        return {};
    }

    Status read_identity(Element element, Conditions& conditions) {
        if (conditions.identity) return fault(element, "a second identity");
        conditions.identity.emplace();
        for (const auto child : element) {
            IdentityMatch match;
            if (is(child, kPolicy, "one")) {
                match.kind = IdentityMatch::Kind::one;
                match.id = base::trim(child.attribute("id").value_or(""));
                if (match.id.empty()) return fault(child, "one without id");
                if (child.attribute("domain")) return fault(child, "one with a domain");
            } else if (is(child, kPolicy, "many")) {
                match.kind = IdentityMatch::Kind::many;
                if (const auto domain = child.attribute("domain"))
                    match.domain = comparable_domain(*domain);
                if (auto read = read_exceptions(child, match); !read) return read;
            }
            conditions.identity->push_back(std::move(match));
        }
        return {};
    }

    Status read_exceptions(Element many, IdentityMatch& match) {
        for (const auto child : many) {
            // What cannot be understood might take somebody out: then the whole fits nobody.
            if (!is(child, kPolicy, "except")) {
                match.kind = IdentityMatch::Kind::unknown;
                continue;
            }
            const auto id = child.attribute("id");
            const auto domain = child.attribute("domain");
            if (!id && !domain) return fault(child, "except without id and domain");
            if (id) match.except_ids.emplace_back(base::trim(*id));
            if (domain) match.except_domains.push_back(comparable_domain(*domain));
        }
        return {};
    }

    Status read_sphere(Element element, Conditions& conditions) {
        const auto value = element.attribute("value");
        if (!value) return fault(element, "sphere without value");
        if (conditions.spheres) return fault(element, "a second sphere");
        conditions.spheres = words_of(base::lower(*value));
        return {};
    }

    Status read_packages(Element element, Conditions& conditions) {
        const auto value = element.attribute("value");
        if (!value) return fault(element, "packages without value");
        if (conditions.packages) return fault(element, "a second packages");
        conditions.packages = words_of(*value);
        return {};
    }

    Status read_validity(Element element, Conditions& conditions) {
        if (conditions.validity) return fault(element, "a second validity");
        conditions.validity.emplace();
        std::optional<base::WallTime> from;
        for (const auto child : element) {
            const bool is_from = is(child, kPolicy, "from");
            if (!is_from && !is(child, kPolicy, "until"))
                return fault(child, "neither from nor until");
            if (is_from == from.has_value()) return fault(child, "from and until do not alternate");
            const auto text = child.text();
            const auto time = base::from_rfc3339(base::trim(text));
            if (!time) return fault(child, "no RFC 3339 time: " + text.substr(0, 60));
            const base::WallTime when{std::chrono::milliseconds(*time)};
            if (!is_from) conditions.validity->push_back({*from, when});
            from = is_from ? std::optional(when) : std::nullopt;
        }
        if (from) return fault(element, "from without until");
        return {};
    }

    Status read_actions(Element element, Rule& rule) {
        for (const auto child : element) {
            if (!is(child, kPresence, "sub-handling")) continue;
            const auto text = child.text();
            const auto handling = handling_named(base::trim(text));
            if (!handling) return fault(child, "no such sub-handling: " + text.substr(0, 60));
            rule.handling = std::max(*handling, rule.handling.value_or(SubHandling::block));
        }
        return {};
    }

    Status read_transformations(Element element, Permissions& permissions) {
        for (const auto child : element) {
            if (auto read = read_transformation(child, permissions); !read) return read;
        }
        return {};
    }

    Status read_transformation(Element element, Permissions& permissions) {
        if (is(element, kRulesNamespace, "dialog-view")) {
            return read_level(element, dialog_view_named, permissions.dialog_view);
        }
        const bool is_oma = element.uri() == kOmaPresence;
        constexpr std::string_view kProvide = "provide-";
        if ((!is_oma && element.uri() != kPresence) || !element.local().starts_with(kProvide))
            return {};
        const auto what = element.local().substr(kProvide.size());
        if (const auto attribute = attribute_named(what, is_oma))
            return read_flag(element, *attribute, permissions);
        if (is_oma) return {};
        if (what == "services") return read_services(element, permissions.services);
        if (what == "persons") return read_selectors(element, "all-persons", permissions.persons);
        if (what == "devices") return read_selectors(element, "all-devices", permissions.devices);
        if (what == "user-input")
            return read_level(element, user_input_named, permissions.user_input);
        if (what == "unknown-attribute") return read_unknown(element, permissions);
        if (what == "all-attributes") permissions.has_all_attributes = true;
        return {};
    }

    template <class Level>
    Status read_level(Element element, std::optional<Level> (*named)(std::string_view) noexcept,
                      Level& level) {
        const auto text = element.text();
        const auto value = named(base::trim(text));
        if (!value) return fault(element, "no such value: " + text.substr(0, 60));
        level = std::max(level, *value);
        return {};
    }

    Result<bool> flag_in(Element element) {
        const auto text = element.text();
        const auto value = base::trim(text);
        if (value == "true" || value == "1") return true;
        if (value == "false" || value == "0") return false;
        return fault(element, "neither true nor false: " + text.substr(0, 60));
    }

    /// provide-geopriv says "full" where the others say "true".
    Status read_flag(Element element, Attribute attribute, Permissions& permissions) {
        const auto text = element.text();
        if (attribute == Attribute::geopriv && base::trim(text) == "full") {
            permissions.grant(attribute);
            return {};
        }
        const auto value = flag_in(element);
        if (!value) return value.fault();
        if (*value) permissions.grant(attribute);
        return {};
    }

    Status read_unknown(Element element, Permissions& permissions) {
        const auto name = element.attribute("name");
        const auto ns = element.attribute("ns");
        if (!name || !ns) return fault(element, "an unknown attribute without name or ns");
        const auto value = flag_in(element);
        if (!value) return value.fault();
        if (*value) permissions.grant_unknown({std::string(*ns), std::string(*name)});
        return {};
    }

    Status read_services(Element element, Components& services) {
        return read_selectors(element, "all-services", services);
    }

    /// A selector that is not known selects nothing.
    Status read_selectors(Element element, std::string_view all, Components& components) {
        for (const auto child : element) {
            const auto text = child.text();
            const std::string value(base::trim(text));
            if (is(child, kOmaPresence, "service-id"))
                components.add(Selector{SelectBy::service_id, value});
            if (child.uri() != kPresence) continue;
            if (child.local() == all) components.is_all = true;
            if (const auto by = selector_named(child.local()); by && *by != SelectBy::service_id)
                components.add(Selector{*by, value});
        }
        if (components.is_all) components.selected.clear();
        return {};
    }

    const xml::Tree& tree_;
};

}  // namespace

std::string_view name_of(SubHandling handling) noexcept {
    return kHandlings[static_cast<std::size_t>(handling)];
}

std::optional<SubHandling> handling_named(std::string_view name) noexcept {
    const auto index = index_in(kHandlings, name);
    if (!index) return std::nullopt;
    return static_cast<SubHandling>(*index);
}

std::string comparable_domain(std::string_view domain) {
    const auto out = base::percent_decode(domain);
    const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
    const auto is_foreign = [](char c) { return static_cast<unsigned char>(c) > 0x7f; };
    if (std::any_of(out.begin(), out.end(), is_blank)) return {};
    if (std::any_of(out.begin(), out.end(), is_foreign)) return to_ascii(out);
    return base::lower(out);
}

Result<Ruleset> parse_ruleset(std::string_view document) {
    const auto tree = xml::parse(document, kPolicyLimits);
    if (!tree) return tree.fault();
    return Reader(*tree).run();
}

}  // namespace herald::pidf
