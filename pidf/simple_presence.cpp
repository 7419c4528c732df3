// pidf/simple_presence.cpp: from PIDF to a few words, and back.
#include "pidf/simple_presence.h"

#include "base/text.h"
#include "pidf/pidf.h"
#include "pidf/xml.h"

namespace herald::pidf {

namespace {

using xml::Element;
using xml::Ns;

/// A composed document holds many published ones.
constexpr xml::Limits kComposed{
    .bytes = 2 * kMaxComposed, .elements = 1 << 16, .attributes = 1 << 16, .namespaces = 1024};

constexpr std::string_view kActivities[] = {
    "appointment",  "away",        "breakfast",         "busy",     "dinner",
    "holiday",      "in-transit",  "looking-for-work",  "meal",     "meeting",
    "on-the-phone", "performance", "permanent-absence", "playing",  "presentation",
    "shopping",     "sleeping",    "spectator",         "steering", "travel",
    "tv",           "unknown",     "vacation",          "working",  "worship"};

std::string text_of(Element element) {
    return std::string(base::trim(element.text()));
}

void take_first(std::string& place, Element element) {
    if (place.empty()) place = text_of(element);
}

/// Names of what is going on; notes among them are none.
void read_activities(std::vector<std::string>& names, Element activities) {
    for (const Element each : activities) {
        if (each.local() == "note") continue;
        auto said = each.local() == "other" ? text_of(each) : std::string();
        names.push_back(said.empty() ? std::string(each.local()) : std::move(said));
    }
}

void read_person(SimplePresence& presence, Element person) {
    for (const Element child : person) {
        if (child.is(Ns::rpid, "activities")) read_activities(presence.activities, child);
        if (child.is(Ns::data_model, "note")) take_first(presence.note, child);
    }
}

bool is_open(Element tuple) {
    for (const Element child : tuple) {
        if (!child.is(Ns::pidf, "status")) continue;
        for (const Element basic : child) {
            if (basic.is(Ns::pidf, "basic")) return base::iequals(text_of(basic), "open");
        }
    }
    return false;
}

void append_note(std::string& out, std::string_view element, std::string_view note) {
    if (note.empty()) return;
    out.append("<").append(element).append(">");
    xml::append_escaped_text(out, note);
    out.append("</").append(element).append(">");
}

}  // namespace

std::span<const std::string_view> activity_names() noexcept {
    return kActivities;
}

Result<SimplePresence> simple_presence_of(std::string_view body) {
    const auto tree = xml::parse(body, kComposed);
    if (!tree) return tree.fault();
    SimplePresence presence;
    std::string of_document, of_tuple;
    for (const Element child : tree->root()) {
        if (child.is(Ns::data_model, "person")) read_person(presence, child);
        if (child.is(Ns::pidf, "note")) take_first(of_document, child);
        if (!child.is(Ns::pidf, "tuple")) continue;
        presence.is_open = presence.is_open || is_open(child);
        for (const Element part : child) {
            if (part.is(Ns::pidf, "note")) take_first(of_tuple, part);
        }
    }
    if (presence.note.empty()) presence.note = of_document.empty() ? of_tuple : of_document;
    return presence;
}

std::string pidf_of(const SimplePresence& presence, std::string_view entity, std::string_view id) {
    xml::NamespaceSet namespaces;
    namespaces.add(Ns::data_model);
    namespaces.add(Ns::rpid);
    std::string out = "<presence";
    xml::append_declarations(out, namespaces);
    out += " entity=\"";
    xml::append_escaped_attribute(out, entity);
    out.append("\"><tuple id=\"").append(id).append("\"><status><basic>");
    out += presence.is_open ? "open" : "closed";
    out.append("</basic></status></tuple><dm:person id=\"").append(id).append("-person\">");
    if (!presence.activities.empty()) {
        out += "<rpid:activities>";
        for (const auto& activity : presence.activities)
            out.append("<rpid:").append(activity).append("/>");
        out += "</rpid:activities>";
    }
    append_note(out, "dm:note", presence.note);
    return out + "</dm:person></presence>";
}

}  // namespace herald::pidf
