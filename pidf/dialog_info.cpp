// pidf/dialog_info.cpp: dialog information documents: which calls somebody has (RFC 4235 4).
#include "pidf/dialog_info.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/text_map.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kDialogInfo = "urn:ietf:params:xml:ns:dialog-info";
/// Bytes of an id, a Call-ID or a tag: they are remembered for a while.
constexpr std::size_t kMostDialogName = 512;

constexpr std::array<std::string_view, 5> kDialogStates{"trying", "proceeding", "early",
                                                        "confirmed", "terminated"};
constexpr std::array<std::string_view, 8> kDialogEvents{
    "", "cancelled", "rejected", "replaced", "local-bye", "remote-bye", "error", "timeout"};
constexpr std::array<std::string_view, 3> kDirections{"", "initiator", "recipient"};

template <std::size_t N>
std::optional<std::size_t> named_in(const std::array<std::string_view, N>& names,
                                    std::string_view name) {
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](auto each) { return base::iequals(each, name); });
    if (found == names.end() || name.empty()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

bool is_dialog_info(xml::Element element) {
    return element.uri() == kDialogInfo || element.ns() == xml::Ns::none;
}

bool is_dialog_info(xml::Element element, std::string_view local) {
    return is_dialog_info(element) && element.local() == local;
}

/// Elements of RFC 4235 need no prefix inside a document of ours; those of others bring their own.
void append_markup(std::string& out, xml::Element element, xml::NamespaceSet& prefixes) {
    if (!is_dialog_info(element))
        return prefixes.add(xml::append_canonical(out, element, {}, xml::Ns::foreign));
    out.append("<").append(element.local());
    prefixes.add(xml::append_attributes(out, element, {}));
    const auto all = element.text();
    const bool has_children = element.begin() != element.end();
    const auto text = has_children ? std::string_view() : base::trim(all);
    // Nothing but white space is nothing: what is written is read as it was.
    if (!has_children && text.empty()) return static_cast<void>(out += "/>");
    out += '>';
    xml::append_escaped_text(out, text);
    for (const auto child : element) append_markup(out, child, prefixes);
    out.append("</").append(element.local()).append(">");
}

/// `pvalue` is what Asterisk writes.
bool is_rendering_off(xml::Element target) {
    for (const auto param : target) {
        if (!is_dialog_info(param, "param") || param.attribute("pname") != "+sip.rendering")
            continue;
        const auto value = param.attribute("pval");
        return base::iequals((value ? value : param.attribute("pvalue")).value_or(""), "no");
    }
    return false;
}

Party read_party(xml::Element element, xml::NamespaceSet& prefixes) {
    Party party;
    for (const auto child : element) {
        if (is_dialog_info(child, "identity")) {
            party.identity = base::trim(child.text());
            party.display = child.attribute("display").value_or("");
        } else if (is_dialog_info(child, "target")) {
            party.target.clear();
            append_markup(party.target, child, prefixes);
            party.is_held = is_rendering_off(child);
        } else if (is_dialog_info(child, "session-description")) {
            append_markup(party.session_description, child, prefixes);
        } else {
            append_markup(party.rest, child, prefixes);
        }
    }
    return party;
}

std::string text_attribute(xml::Element element, std::string_view name) {
    return std::string(base::trim(element.attribute(name).value_or("")));
}

/// False where the state is none.
bool read_state(xml::Element element, Dialog& dialog) {
    const auto text = element.text();
    const auto state = dialog_state(base::trim(text));
    if (!state) return false;
    dialog.state = *state;
    if (const auto event = named_in(kDialogEvents, element.attribute("event").value_or("")))
        dialog.event = static_cast<DialogEvent>(*event);
    const auto code = base::to_u32_clamped(base::trim(element.attribute("code").value_or("")));
    if (code && *code >= 100 && *code <= 699) dialog.code = code;
    return true;
}

bool is_detail(std::string_view local) {
    return local == "duration" || local == "replaces" || local == "referred-by" ||
           local == "route-set";
}

void read_child(xml::Element child, Dialog& dialog) {
    if (is_dialog_info(child, "local")) {
        dialog.local = read_party(child, dialog.prefixes);
    } else if (is_dialog_info(child, "remote")) {
        dialog.remote = read_party(child, dialog.prefixes);
    } else if (is_dialog_info(child) && is_detail(child.local())) {
        append_markup(dialog.details, child, dialog.prefixes);
    } else {
        append_markup(dialog.foreign, child, dialog.prefixes);
    }
}

Result<Dialog> read_dialog(const xml::Tree& tree, xml::Element element) {
    Dialog dialog;
    dialog.id = text_attribute(element, "id");
    dialog.call_id = text_attribute(element, "call-id");
    dialog.local_tag = text_attribute(element, "local-tag");
    dialog.remote_tag = text_attribute(element, "remote-tag");
    if (dialog.id.empty()) dialog.id = dialog.call_id;
    if (dialog.id.empty()) return tree.fault_at(element, "a dialog without id");
    for (const auto* name : {&dialog.id, &dialog.call_id, &dialog.local_tag, &dialog.remote_tag}) {
        if (name->size() > kMostDialogName)
            return tree.fault_at(element, "an id, a Call-ID or a tag is too long");
    }
    if (const auto found = dialog_direction(text_attribute(element, "direction")))
        dialog.direction = *found;
    bool has_state = false;
    for (const auto child : element) {
        if (!is_dialog_info(child, "state")) {
            read_child(child, dialog);
        } else if (!(has_state = read_state(child, dialog))) {
            return tree.fault_at(child, "no such state of a dialog");
        }
    }
    if (!has_state) return tree.fault_at(element, "a dialog without state");
    return dialog;
}

void append_party(std::string& out, std::string_view name, const Party& party,
                  DialogDetail detail) {
    const bool is_full = detail >= DialogDetail::full;
    if (!party.is_known() || (!is_full && party.identity.empty())) return;
    out.append("<").append(name).append(">");
    if (!party.identity.empty()) {
        out += "<identity";
        xml::append_attribute(out, "display", party.display);
        out += '>';
        xml::append_escaped_text(out, party.identity);
        out += "</identity>";
    }
    if (is_full) out += party.target;
    if (detail == DialogDetail::sessions) out += party.session_description;
    if (is_full) out += party.rest;
    out.append("</").append(name).append(">");
}

void append_state(std::string& out, const Dialog& dialog, DialogDetail detail) {
    out += "<state";
    if (detail != DialogDetail::state) {
        xml::append_attribute(out, "event", name_of(dialog.event));
        if (dialog.code) xml::append_attribute(out, "code", std::to_string(*dialog.code));
    }
    out.append(">").append(name_of(dialog.state)).append("</state>");
}

VersionedText document_of(std::string_view elements, const DialogInfo& info,
                          xml::NamespaceSet prefixes) {
    VersionedText result;
    std::string& out = result.text;
    out.reserve(elements.size() + 256);
    out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<dialog-info xmlns=\"");
    out.append(kDialogInfo).append("\"");
    xml::append_prefixes(out, prefixes);
    out += " version=\"";
    result.version_at = out.size();
    out += "\" state=\"";
    out += info.is_full ? "full\"" : "partial\"";
    out += " entity=\"";
    xml::append_escaped_attribute(out, info.entity);
    out += '"';
    if (elements.empty()) {
        out += "/>\r\n";
    } else {
        out.append(">").append(elements).append("</dialog-info>\r\n");
    }
    return result;
}

}  // namespace

std::string_view name_of(DialogState state) noexcept {
    return kDialogStates[static_cast<std::size_t>(state)];
}
std::string_view name_of(DialogEvent event) noexcept {
    return kDialogEvents[static_cast<std::size_t>(event)];
}
std::string_view name_of(Direction direction) noexcept {
    return kDirections[static_cast<std::size_t>(direction)];
}

std::optional<DialogState> dialog_state(std::string_view name) noexcept {
    const auto index = named_in(kDialogStates, name);
    return index ? std::optional(static_cast<DialogState>(*index)) : std::nullopt;
}
std::optional<Direction> dialog_direction(std::string_view name) noexcept {
    const auto index = named_in(kDirections, name);
    return index ? std::optional(static_cast<Direction>(*index)) : std::nullopt;
}

void append_dialog(std::string& out, const Dialog& dialog, DialogDetail detail) {
    out += "<dialog";
    xml::append_attribute(out, "id", detail == DialogDetail::state ? "0" : dialog.id);
    if (detail >= DialogDetail::full) {
        xml::append_attribute(out, "call-id", dialog.call_id);
        xml::append_attribute(out, "local-tag", dialog.local_tag);
        xml::append_attribute(out, "remote-tag", dialog.remote_tag);
    }
    if (detail != DialogDetail::state)
        xml::append_attribute(out, "direction", name_of(dialog.direction));
    out += '>';
    append_state(out, dialog, detail);
    if (detail >= DialogDetail::full) out += dialog.details;
    if (detail != DialogDetail::state) {
        append_party(out, "local", dialog.local, detail);
        append_party(out, "remote", dialog.remote, detail);
    }
    if (detail >= DialogDetail::full) out += dialog.foreign;
    out += "</dialog>";
}

VersionedText dialog_info_of(std::string_view elements, std::string_view entity,
                             xml::NamespaceSet prefixes) {
    return document_of(elements, {true, std::string(entity), {}, {}}, prefixes);
}

VersionedText changed_dialog_info_of(std::string_view elements, std::string_view entity,
                                     xml::NamespaceSet prefixes) {
    return document_of(elements, {false, std::string(entity), {}, {}}, prefixes);
}

void append_vanished(std::string& out, std::string_view id) {
    out += "<dialog";
    xml::append_attribute(out, "id", id);
    out += "><state>terminated</state></dialog>";
}

std::string to_text(const DialogInfo& info) {
    std::string elements;
    xml::NamespaceSet prefixes;
    for (const auto& dialog : info.dialogs) {
        append_dialog(elements, dialog, DialogDetail::sessions);
        prefixes.add(dialog.prefixes);
    }
    auto written = document_of(elements, info, prefixes);
    written.text.insert(written.version_at, "0");
    return std::move(written.text);
}

Result<DialogInfo> parse_dialog_info(std::string_view body, std::size_t most) {
    const auto tree = xml::parse(body, {.bytes = most * 512,
                                        .depth = 16,
                                        .elements = most * 16,
                                        .attributes = most * 32,
                                        .namespaces = 32});
    if (!tree) return tree.fault();
    const auto root = tree->root();
    if (!is_dialog_info(root, "dialog-info"))
        return tree->fault_at(root, "the root is not dialog-info");
    DialogInfo info;
    const auto state = root.attribute("state");
    info.is_full = (state ? state : root.attribute("notify-state")).value_or("full") != "partial";
    info.entity = text_attribute(root, "entity");
    info.version = base::to_u32_clamped(text_attribute(root, "version"));
    base::TextMap<std::size_t> places;
    for (const auto child : root) {
        if (!is_dialog_info(child, "dialog")) continue;
        auto dialog = read_dialog(*tree, child);
        if (!dialog) return dialog.fault();
        const auto [place, is_new] = places.emplace(dialog->id, info.dialogs.size());
        if (!is_new) {
            info.dialogs[place->second] = *std::move(dialog);
            continue;
        }
        if (info.dialogs.size() == most)
            return tree->fault_at(child, "more than " + std::to_string(most) + " dialogs");
        info.dialogs.push_back(*std::move(dialog));
    }
    return info;
}

}  // namespace herald::pidf
