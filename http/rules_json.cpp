// http/rules_json.cpp: rules of RFC 4745 and RFC 5025 as JSON.
#include "http/rules_json.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "http/resource_json.h"
#include "pidf/wellformed.h"

namespace herald::http {

namespace {

using pidf::IdentityMatch;
using pidf::SelectBy;

constexpr SelectBy kSelectors[] = {SelectBy::class_,    SelectBy::occurrence_id,
                                   SelectBy::device_id, SelectBy::contact,
                                   SelectBy::scheme,    SelectBy::service_id};

Json json_of(const std::vector<IdentityMatch>& identity) {
    JsonArray one, many;
    bool is_understood = true;
    for (const auto& match : identity) {
        if (match.kind == IdentityMatch::Kind::one) one.emplace_back(match.id);
        is_understood = is_understood && match.kind != IdentityMatch::Kind::unknown;
        if (match.kind != IdentityMatch::Kind::many) continue;
        JsonObject object;
        if (match.domain) object.emplace_back("domain", *match.domain);
        if (!match.except_ids.empty()) object.emplace_back("except", texts_of(match.except_ids));
        if (!match.except_domains.empty())
            object.emplace_back("except_domains", texts_of(match.except_domains));
        many.emplace_back(std::move(object));
    }
    JsonObject object;
    if (!one.empty()) object.emplace_back("one", std::move(one));
    if (!many.empty()) object.emplace_back("many", std::move(many));
    if (!is_understood) object.emplace_back("not_understood", true);
    return object;
}

Json json_of(const pidf::Conditions& conditions) {
    JsonObject object;
    if (conditions.identity) object.emplace_back("identity", json_of(*conditions.identity));
    if (conditions.spheres) object.emplace_back("sphere", texts_of(*conditions.spheres));
    if (conditions.validity) {
        JsonArray validity;
        for (const auto& [from, until] : *conditions.validity)
            validity.emplace_back(JsonObject{{"from", time_of(from)}, {"until", time_of(until)}});
        object.emplace_back("validity", std::move(validity));
    }
    if (conditions.packages) object.emplace_back("packages", texts_of(*conditions.packages));
    if (conditions.is_other_identity) object.emplace_back("other_identity", true);
    if (conditions.is_anonymous_request) object.emplace_back("anonymous_request", true);
    if (conditions.has_external_list) object.emplace_back("external_list", true);
    if (conditions.has_unknown) object.emplace_back("not_understood", true);
    return object;
}

void append_components(JsonObject& show, const char* name, const pidf::Components& components) {
    JsonObject object;
    if (components.is_all) object.emplace_back("all", true);
    for (const auto by : kSelectors) {
        JsonArray values;
        for (const auto& selector : components.selected) {
            if (selector.by == by) values.emplace_back(selector.value);
        }
        if (!values.empty()) object.emplace_back(std::string(name_of(by)), std::move(values));
    }
    if (!object.empty()) show.emplace_back(name, std::move(object));
}

Json json_of(const pidf::Permissions& permissions) {
    JsonObject show;
    append_components(show, "services", permissions.services);
    append_components(show, "persons", permissions.persons);
    append_components(show, "devices", permissions.devices);
    JsonArray attributes;
    for (const auto& [name, attribute, is_oma] : pidf::attributes()) {
        if ((permissions.attributes >> static_cast<unsigned>(attribute) & 1U) != 0)
            attributes.emplace_back(name);
    }
    if (!attributes.empty()) show.emplace_back("attributes", std::move(attributes));
    if (permissions.user_input != pidf::UserInput::none)
        show.emplace_back("user_input", name_of(permissions.user_input));
    JsonArray unknown;
    for (const auto& each : permissions.unknown)
        unknown.emplace_back(JsonObject{{"name", each.local}, {"ns", each.ns}});
    if (!unknown.empty()) show.emplace_back("unknown_attributes", std::move(unknown));
    if (permissions.has_all_attributes) show.emplace_back("all_attributes", true);
    if (permissions.dialog_view != pidf::DialogView::none)
        show.emplace_back("dialog_view", name_of(permissions.dialog_view));
    return show;
}

void read_many(Fields& fields, std::vector<IdentityMatch>& identity) {
    IdentityMatch match;
    match.kind = IdentityMatch::Kind::many;
    if (const auto domain = fields.text("domain")) match.domain = pidf::comparable_domain(*domain);
    match.except_ids = fields.texts("except").value_or(std::vector<std::string>());
    for (const auto& domain : fields.texts("except_domains").value_or(std::vector<std::string>()))
        match.except_domains.push_back(pidf::comparable_domain(domain));
    identity.push_back(std::move(match));
}

void read_identity(Fields& fields, std::vector<IdentityMatch>& identity) {
    for (auto& id : fields.texts("one").value_or(std::vector<std::string>())) {
        if (base::trim(id).empty()) fields.refuse("one", "expected addresses");
        IdentityMatch match;
        match.kind = IdentityMatch::Kind::one;
        match.id = std::move(id);
        identity.push_back(std::move(match));
    }
    fields.objects("many", [&](Fields& each) { read_many(each, identity); });
    if (fields.flag("not_understood").value_or(false)) identity.emplace_back();
}

std::optional<base::WallTime> read_time(Fields& fields, std::string_view name) {
    const auto time = base::from_rfc3339(fields.text(name).value_or(""));
    if (time) return base::WallTime(std::chrono::milliseconds(*time));
    fields.refuse(name, "expected a time like 2027-01-15T08:00:00Z");
    return std::nullopt;
}

void read_interval(Fields& fields, std::vector<pidf::Interval>& validity) {
    const auto from = read_time(fields, "from");
    const auto until = read_time(fields, "until");
    if (from && until) validity.push_back({*from, *until});
}

/// Words that stand in one attribute, with blanks between them.
std::optional<std::vector<std::string>> read_words(Fields& fields, std::string_view name) {
    auto words = fields.texts(name);
    for (const auto& word : words.value_or(std::vector<std::string>())) {
        if (word.empty() || word.find_first_of(" \t\r\n") != std::string::npos)
            fields.refuse(name, "expected words without blanks");
    }
    return words;
}

void read_conditions(Fields& fields, pidf::Conditions& conditions) {
    std::vector<IdentityMatch> identity;
    if (fields.object("identity", [&](Fields& each) { read_identity(each, identity); }))
        conditions.identity = std::move(identity);
    conditions.spheres = read_words(fields, "sphere");
    if (conditions.spheres) {
        for (auto& sphere : *conditions.spheres) sphere = base::lower(sphere);
    }
    std::vector<pidf::Interval> validity;
    if (fields.objects("validity", [&](Fields& each) { read_interval(each, validity); }))
        conditions.validity = std::move(validity);
    conditions.packages = read_words(fields, "packages");
    conditions.is_other_identity = fields.flag("other_identity").value_or(false);
    conditions.is_anonymous_request = fields.flag("anonymous_request").value_or(false);
    conditions.has_external_list = fields.flag("external_list").value_or(false);
    conditions.has_unknown = fields.flag("not_understood").value_or(false);
}

void read_components(Fields& fields, pidf::Components& components) {
    components.is_all = fields.flag("all").value_or(false);
    for (const auto by : kSelectors) {
        for (auto& value : fields.texts(name_of(by)).value_or(std::vector<std::string>()))
            components.add(pidf::Selector{by, std::move(value)});
    }
    if (components.is_all) components.selected.clear();
}

void read_attributes(Fields& fields, pidf::Permissions& permissions) {
    for (const auto& name : fields.texts("attributes").value_or(std::vector<std::string>())) {
        auto attribute = pidf::attribute_named(name, false);
        if (!attribute) attribute = pidf::attribute_named(name, true);
        if (attribute) permissions.grant(*attribute);
        if (!attribute) fields.refuse("attributes", '"' + name + "\" is none of RFC 5025 3.3.2");
    }
}

void read_show(Fields& fields, pidf::Permissions& permissions) {
    fields.object("services", [&](Fields& each) { read_components(each, permissions.services); });
    fields.object("persons", [&](Fields& each) { read_components(each, permissions.persons); });
    fields.object("devices", [&](Fields& each) { read_components(each, permissions.devices); });
    read_attributes(fields, permissions);
    const auto input = pidf::user_input_named(fields.text("user_input").value_or("false"));
    if (!input) fields.refuse("user_input", "expected false, bare, thresholds or full");
    permissions.user_input = input.value_or(pidf::UserInput::none);
    fields.objects("unknown_attributes", [&](Fields& each) {
        permissions.grant_unknown({each.text("ns").value_or(""), each.text("name").value_or("")});
    });
    permissions.has_all_attributes = fields.flag("all_attributes").value_or(false);
    const auto view = pidf::dialog_view_named(fields.text("dialog_view").value_or("none"));
    if (!view) fields.refuse("dialog_view", "expected none, virtual, state or full");
    permissions.dialog_view = view.value_or(pidf::DialogView::none);
}

pidf::Rule read_rule(Fields& fields) {
    pidf::Rule rule;
    rule.id = fields.text("id").value_or("");
    if (!pidf::xml::is_ncname(rule.id))
        fields.refuse("id", "expected a name of letters, digits, -, _ and ., a letter first");
    fields.object("conditions", [&](Fields& each) { read_conditions(each, rule.conditions); });
    if (const auto name = fields.text("handling")) {
        rule.handling = pidf::handling_named(*name);
        if (!rule.handling)
            fields.refuse("handling", "expected allow, block, polite-block or confirm");
    }
    fields.object("show", [&](Fields& each) { read_show(each, rule.permissions); });
    return rule;
}

}  // namespace

Json json_of(const pidf::Ruleset& ruleset) {
    JsonArray rules;
    for (const auto& rule : ruleset.rules) {
        JsonObject object{{"id", rule.id}, {"conditions", json_of(rule.conditions)}};
        if (rule.handling) object.emplace_back("handling", name_of(*rule.handling));
        object.emplace_back("show", json_of(rule.permissions));
        rules.emplace_back(std::move(object));
    }
    return JsonObject{{"rules", std::move(rules)}};
}

pidf::Ruleset read_ruleset(Fields& fields) {
    pidf::Ruleset ruleset;
    std::set<std::string> ids;
    const bool is_there = fields.objects("rules", [&](Fields& each) {
        auto rule = read_rule(each);
        if (!ids.insert(rule.id).second) each.refuse("id", "a second rule of this id");
        ruleset.rules.push_back(std::move(rule));
    });
    if (!is_there) fields.refuse("rules", "expected an array of rules");
    return ruleset;
}

}  // namespace herald::http
