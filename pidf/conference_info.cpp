// pidf/conference_info.cpp: conference information documents (RFC 4575 5): read, merged, written
// whole.
#include "pidf/conference_info.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "base/text_map.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kConferenceInfo = "urn:ietf:params:xml:ns:conference-info";
constexpr xml::Limits kConferenceLimits{
    .bytes = 262144, .depth = 16, .elements = 8192, .attributes = 16384, .namespaces = 32};

/// Attributes that tell elements of one name apart, by what they are called.
constexpr std::array<std::string_view, 2> kKeys{"entity", "id"};
/// The order of what stands beside each other (RFC 4575 5.2 to 5.8); others come behind.
constexpr std::array<std::string_view, 7> kOrder{
    "conference-description", "host-info", "conference-state", "users", "sidebars-by-ref",
    "sidebars-by-val",        "user"};

bool is_conference_info(xml::Element element) {
    return element.uri() == kConferenceInfo || element.ns() == xml::Ns::none;
}

ElementState state_of(xml::Element element) {
    const auto state = element.attribute("state").value_or("full");
    if (state == "partial") return ElementState::partial;
    return state == "deleted" ? ElementState::deleted : ElementState::full;
}

/// ` name="value"` for those that elements of RFC 4575 have.
void copy_attribute(std::string& out, xml::Element element, std::string_view name) {
    const auto value = element.attribute(name);
    if (!value) return;
    out.append(" ").append(name).append("=\"");
    xml::append_escaped_attribute(out, *value);
    out += '"';
}

ConferenceElement read_element(xml::Element element, xml::NamespaceSet& prefixes) {
    ConferenceElement read;
    read.name = element.local();
    if (!is_conference_info(element)) {
        read.is_foreign = true;
        read.key = element.uri();
        prefixes.add(xml::append_canonical(read.text, element, {}, xml::Ns::foreign));
        return read;
    }
    read.state = state_of(element);
    for (const auto key : kKeys) copy_attribute(read.attributes, element, key);
    read.key = read.attributes;
    copy_attribute(read.attributes, element, "lang");
    if (element.begin() == element.end()) xml::append_escaped_text(read.text, element.text());
    for (const auto child : element) read.children.push_back(read_element(child, prefixes));
    return read;
}

/// Where each element is, by its name and key. A focus may tell thousands of users at once.
using Places = base::TextMap<std::size_t>;

std::string name_of(const ConferenceElement& element) {
    return element.name + ' ' + element.key;
}

Places places_of(const std::vector<ConferenceElement>& children) {
    Places places;
    for (std::size_t i = 0; i < children.size(); ++i) places.try_emplace(name_of(children[i]), i);
    return places;
}

ConferenceElement begun(const ConferenceElement& told) {
    ConferenceElement fresh;
    fresh.name = told.name;
    fresh.key = told.key;
    return fresh;
}

/// RFC 4575 4.6: what is told whole replaces, what is told in part is merged, what is deleted is
/// marked, for make_whole() to take it out.
void merge_into(ConferenceElement& known, const ConferenceElement& told) {
    if (told.state == ElementState::full) {
        known = told;
        return;
    }
    known.attributes = told.attributes;
    auto places = places_of(known.children);
    for (const auto& child : told.children) {
        const auto [place, is_new] = places.try_emplace(name_of(child), known.children.size());
        if (is_new) known.children.push_back(begun(child));
        auto& merged = known.children[place->second];
        if (child.state == ElementState::deleted) {
            merged.state = ElementState::deleted;
            continue;
        }
        if (merged.state == ElementState::deleted) merged = begun(child);
        merge_into(merged, child);
    }
}

/// What is whole has no parts and nothing that was deleted.
void make_whole(ConferenceElement& element) {
    element.state = ElementState::full;
    std::erase_if(element.children, [](const ConferenceElement& child) {
        return child.state == ElementState::deleted;
    });
    for (auto& child : element.children) make_whole(child);
    const auto place = [](const ConferenceElement& each) {
        return std::find(kOrder.begin(), kOrder.end(), each.name) - kOrder.begin();
    };
    if (element.name == "conference-info") {
        std::stable_sort(element.children.begin(), element.children.end(),
                         [&](const auto& a, const auto& b) { return place(a) < place(b); });
    }
}

void append_element(std::string& out, const ConferenceElement& element) {
    if (element.is_foreign) return static_cast<void>(out += element.text);
    out.append("<").append(element.name).append(element.attributes);
    if (element.children.empty() && element.text.empty()) return static_cast<void>(out += "/>");
    out.append(">").append(element.text);
    for (const auto& child : element.children) append_element(out, child);
    out.append("</").append(element.name).append(">");
}

}  // namespace

Result<ConferenceInfo> parse_conference_info(std::string_view body) {
    const auto tree = xml::parse(body, kConferenceLimits);
    if (!tree) return tree.fault();
    const auto root = tree->root();
    if (!is_conference_info(root) || root.local() != "conference-info") {
        return Fault{FaultKind::malformed, tree->place(root) + ": the root is not conference-info"};
    }
    ConferenceInfo info;
    info.root = read_element(root, info.prefixes);
    return info;
}

ConferenceInfo merged(const ConferenceInfo& earlier, const ConferenceInfo& told) {
    ConferenceInfo info = earlier;
    info.prefixes.add(told.prefixes);
    merge_into(info.root, told.root);
    make_whole(info.root);
    return info;
}

VersionedText to_text(const ConferenceInfo* told, std::string_view entity) {
    VersionedText result;
    std::string& out = result.text;
    out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<conference-info xmlns=\"");
    out.append(kConferenceInfo).append("\"");
    if (told) xml::append_prefixes(out, told->prefixes);
    out += " entity=\"";
    xml::append_escaped_attribute(out, entity);
    out += "\" state=\"full\" version=\"";
    result.version_at = out.size();
    out += "\">";
    if (told) {
        ConferenceElement root = told->root;
        make_whole(root);
        for (const auto& child : root.children) append_element(out, child);
    }
    out += "</conference-info>\r\n";
    return result;
}

}  // namespace herald::pidf
