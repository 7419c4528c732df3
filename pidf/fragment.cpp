// pidf/fragment.cpp: pieces of canonical text, read again.
#include "pidf/fragment.h"

#include <algorithm>
#include <vector>

namespace herald::pidf {
namespace {

using xml::Element;
using xml::Ns;

void add_once(std::vector<std::string>& texts, Element child) {
    std::string text;
    xml::append_canonical(text, child);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

/// Of "<rpid:activities from=...>": "rpid:activities".
std::string_view name_in(std::string_view element) noexcept {
    return element.substr(1, element.find_first_of(" />") - 1);
}

}  // namespace

std::string rooted(std::string_view fragment) {
    xml::NamespaceSet everything;
    for (auto i = static_cast<unsigned>(Ns::pidf); i < static_cast<unsigned>(Ns::foreign); ++i)
        everything.add(static_cast<Ns>(i));
    std::string text = "<presence";
    xml::append_declarations(text, everything);
    return text.append(">").append(fragment).append("</presence>");
}

std::string united(std::span<const std::string_view> elements) {
    std::vector<std::string> notes, known, unknown;
    for (const auto element : elements) {
        const auto document = rooted(element);
        const auto tree = xml::parse(document, kFragmentLimits);
        if (!tree) continue;
        for (const Element child : *tree->root().begin()) {
            const bool is_unknown = child.is(Ns::rpid, "unknown");
            add_once(child.is(Ns::rpid, "note") ? notes : is_unknown ? unknown : known, child);
        }
    }
    std::string text("<");
    text.append(name_in(elements.front())).append(">");
    for (const auto& note : notes) text += note;
    for (const auto& child : known.empty() ? unknown : known) text += child;
    return text.append("</").append(name_in(elements.front())).append(">");
}

}  // namespace herald::pidf
