// pidf/ruleset_text.cpp: rules written as a document of RFC 4745 and RFC 5025.
#include "pidf/ruleset_text.h"

#include <string_view>

#include "base/text.h"
#include "pidf/xml.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" "
    "xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\" "
    "xmlns:ocp=\"urn:oma:xml:xdm:common-policy\" xmlns:op=\"urn:oma:xml:prs:pres-rules\" "
    "xmlns:hr=\"urn:herald:xml:ns:rules\">\n";

class Writer {
public:
    std::string run(const Ruleset& ruleset) {
        out_ = kHead;
        for (const auto& each : ruleset.rules) rule(each);
        return std::move(out_) + "</ruleset>\n";
    }

private:
    void rule(const Rule& rule) {
        out_ += " <rule";
        attribute("id", rule.id);
        out_ += ">\n  <conditions>";
        conditions(rule.conditions);
        out_ += "</conditions>\n";
        if (rule.handling) {
            out_ += "  <actions>";
            element("pr:sub-handling", name_of(*rule.handling));
            out_ += "</actions>\n";
        }
        out_ += "  <transformations>";
        transformations(rule.permissions);
        out_ += "</transformations>\n </rule>\n";
    }

    void conditions(const Conditions& conditions) {
        if (conditions.identity) identity(*conditions.identity);
        if (conditions.spheres) words("sphere", *conditions.spheres);
        if (conditions.validity) validity(*conditions.validity);
        if (conditions.packages) words("hr:packages", *conditions.packages);
        if (conditions.is_other_identity) out_ += "<ocp:other-identity/>";
        if (conditions.is_anonymous_request) out_ += "<ocp:anonymous-request/>";
        if (conditions.has_external_list) out_ += "<ocp:external-list/>";
        if (conditions.has_unknown) out_ += "<hr:not-understood/>";
    }

    void identity(const std::vector<IdentityMatch>& identity) {
        out_ += "<identity>";
        for (const auto& match : identity) {
            if (match.kind == IdentityMatch::Kind::one) {
                out_ += "<one";
                attribute("id", match.id);
                out_ += "/>";
            } else if (match.kind == IdentityMatch::Kind::many) {
                many(match);
            } else {
                out_ += "<hr:not-understood/>";
            }
        }
        out_ += "</identity>";
    }

    void many(const IdentityMatch& match) {
        out_ += "<many";
        if (match.domain) attribute("domain", *match.domain);
        out_ += '>';
        for (const auto& id : match.except_ids) except("id", id);
        for (const auto& domain : match.except_domains) except("domain", domain);
        out_ += "</many>";
    }

    void except(std::string_view name, std::string_view value) {
        out_ += "<except";
        attribute(name, value);
        out_ += "/>";
    }

    void validity(const std::vector<Interval>& validity) {
        out_ += "<validity>";
        for (const auto& interval : validity) {
            element("from", base::to_rfc3339(interval.from.time_since_epoch().count()));
            element("until", base::to_rfc3339(interval.until.time_since_epoch().count()));
        }
        out_ += "</validity>";
    }

    void transformations(const Permissions& permissions) {
        components("pr:provide-services", "pr:all-services", permissions.services);
        components("pr:provide-persons", "pr:all-persons", permissions.persons);
        components("pr:provide-devices", "pr:all-devices", permissions.devices);
        for (const auto& [name, attribute, is_oma] : attributes()) {
            if ((permissions.attributes >> static_cast<unsigned>(attribute) & 1U) != 0)
                element(std::string(is_oma ? "op:provide-" : "pr:provide-").append(name),
                        attribute == Attribute::geopriv ? "full" : "true");
        }
        if (permissions.user_input != UserInput::none)
            element("pr:provide-user-input", name_of(permissions.user_input));
        for (const auto& name : permissions.unknown) unknown(name);
        if (permissions.has_all_attributes) out_ += "<pr:provide-all-attributes/>";
        if (permissions.dialog_view != DialogView::none)
            element("hr:dialog-view", name_of(permissions.dialog_view));
    }

    void components(std::string_view name, std::string_view all, const Components& components) {
        if (!components.is_all && components.selected.empty()) return;
        out_.append("<").append(name).append(">");
        if (components.is_all) out_.append("<").append(all).append("/>");
        for (const auto& selector : components.selected) {
            const auto prefix = selector.by == SelectBy::service_id ? "op:" : "pr:";
            element(std::string(prefix).append(name_of(selector.by)), selector.value);
        }
        out_.append("</").append(name).append(">");
    }

    void unknown(const QualifiedName& name) {
        out_ += "<pr:provide-unknown-attribute";
        attribute("name", name.local);
        attribute("ns", name.ns);
        out_ += ">true</pr:provide-unknown-attribute>";
    }

    void words(std::string_view name, const std::vector<std::string>& values) {
        std::string all;
        for (const auto& value : values) all.append(all.empty() ? "" : " ").append(value);
        out_.append("<").append(name);
        attribute("value", all);
        out_ += "/>";
    }

    void attribute(std::string_view name, std::string_view value) {
        out_.append(" ").append(name).append("=\"");
        xml::append_escaped_attribute(out_, value);
        out_ += '"';
    }

    void element(std::string_view name, std::string_view text) {
        out_.append("<").append(name).append(">");
        xml::append_escaped_text(out_, text);
        out_.append("</").append(name).append(">");
    }

    std::string out_;
};

}  // namespace

std::string to_text(const Ruleset& ruleset) {
    return Writer().run(ruleset);
}

}  // namespace herald::pidf
