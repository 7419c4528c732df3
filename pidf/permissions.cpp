// pidf/permissions.cpp: what of a presence document a watcher may see (RFC 5025 3.3).
#include "pidf/permissions.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"
#include "pidf/contact.h"
#include "pidf/fragment.h"
#include "pidf/xml.h"

namespace herald::pidf {
namespace {

using xml::Ns;

enum class PartKind : std::uint8_t { tuple, person, device };

constexpr NamedAttribute kAttributes[] = {
    {"activities", Attribute::activities},
    {"class", Attribute::class_},
    {"deviceID", Attribute::device_id},
    {"mood", Attribute::mood},
    {"place-is", Attribute::place_is},
    {"place-type", Attribute::place_type},
    {"privacy", Attribute::privacy},
    {"relationship", Attribute::relationship},
    {"sphere", Attribute::sphere},
    {"status-icon", Attribute::status_icon},
    {"time-offset", Attribute::time_offset},
    {"note", Attribute::note},
    {"willingness", Attribute::willingness, true},
    {"network-availability", Attribute::network_availability, true},
    {"session-participation", Attribute::session_participation, true},
    {"registration-state", Attribute::registration_state, true},
    {"barring-state", Attribute::barring_state, true},
    {"geopriv", Attribute::geopriv, true},
};
constexpr std::string_view kSelectors[] = {"class",       "occurrence-id",      "deviceID",
                                           "service-uri", "service-uri-scheme", "service-id"};
constexpr std::string_view kUserInputs[] = {"false", "bare", "thresholds", "full"};
constexpr std::string_view kDialogViews[] = {"none", "virtual", "state", "full"};

template <class Value, std::size_t N>
std::optional<Value> value_named(const std::string_view (&names)[N],
                                 std::string_view name) noexcept {
    const auto found = std::find(std::begin(names), std::end(names), name);
    if (found == std::end(names)) return std::nullopt;
    return static_cast<Value>(found - std::begin(names));
}

/// A piece's element: its namespace's prefix or, where it has none of its own, URI; and local name.
struct Name {
    std::string_view ns, local;
};

Name name_of(const Chosen& chosen) noexcept {
    const auto group = chosen.presence->view(chosen.piece->group);
    const auto [ns, rest, found] = base::split_once(group, ' ');
    if (!found) return {"pidf", group};
    return {ns, base::split_once(rest, ' ').before};
}

std::string_view uri_of(std::string_view ns) noexcept {
    for (auto i = static_cast<unsigned>(Ns::xml); i < static_cast<unsigned>(Ns::foreign); ++i) {
        if (xml::prefix_of(static_cast<Ns>(i)) == ns) return xml::uri_of(static_cast<Ns>(i));
    }
    return ns;
}

/// Character data of an element without children, still escaped.
std::string_view text_in(std::string_view element) noexcept {
    const auto open = element.find('>');
    const auto close = element.rfind("</");
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return {};
    return base::trim(element.substr(open + 1, close - open - 1));
}

std::string escaped(std::string_view text) {
    std::string out;
    xml::append_escaped_text(out, text);
    return out;
}

class Filter {
public:
    Filter(Composition from, const Permissions& permissions)
        : from_(std::move(from)), may_(permissions) {}

    Composition run(std::string_view aor) {
        const bool was_empty = from_.is_empty();
        out_.new_ids = std::move(from_.new_ids);
        out_.rewritten = std::move(from_.rewritten);
        out_.made = std::move(from_.made);
        out_.stale_at = from_.stale_at;
        parts(from_.tuples, out_.tuples, PartKind::tuple);
        parts(from_.persons, out_.persons, PartKind::person);
        parts(from_.devices, out_.devices, PartKind::device);
        if (may_.has(Attribute::note)) out_.notes = std::move(from_.notes);
        // Of other namespaces, and about the presentity as a whole: nothing names them one by one.
        if (may_.has_all_attributes) out_.extensions = std::move(from_.extensions);
        out_.has_no_default = from_.has_no_default || !was_empty || !shows_default(aor);
        return std::move(out_);
    }

private:
    void parts(const std::vector<Part>& from, std::vector<Part>& to, PartKind kind) {
        for (const Part& part : from) {
            if (!is_shown(part, kind)) continue;
            Part kept = part;
            kept.first_piece = static_cast<std::uint32_t>(out_.pieces.size());
            for (const Chosen& piece : from_.pieces_of(part)) keep(piece, kind);
            kept.piece_count = static_cast<std::uint32_t>(out_.pieces.size()) - kept.first_piece;
            to.push_back(kept);
        }
    }

    const Components& components(PartKind kind) const noexcept {
        if (kind == PartKind::tuple) return may_.services;
        return kind == PartKind::person ? may_.persons : may_.devices;
    }

    /// On the unfiltered part: what it is shown by need not be shown (RFC 5025 3.3.1.1).
    bool is_shown(const Part& part, PartKind kind) const {
        const auto& shown = components(kind);
        if (shown.is_all) return true;
        return std::any_of(shown.selected.begin(), shown.selected.end(),
                           [&](const Selector& each) { return matches(each, part, kind); });
    }

    bool matches(const Selector& selector, const Part& part, PartKind kind) const {
        const auto contact = part.presence->view(part.component->contact);
        switch (selector.by) {
            case SelectBy::occurrence_id:
                return part.id == selector.value;
            case SelectBy::class_:
                return says(part, "rpid", "class", escaped(selector.value));
            case SelectBy::device_id:
                return kind == PartKind::device && is_device(part, selector.value);
            case SelectBy::contact:
                return kind == PartKind::tuple && is_contact(contact, selector.value);
            case SelectBy::scheme:
                return kind == PartKind::tuple && has_scheme(contact, selector.value);
            case SelectBy::service_id:
                return kind == PartKind::tuple && has_service(part, selector.value);
        }
        return false;
    }

    bool says(const Part& part, std::string_view ns, std::string_view local,
              std::string_view value) const {
        for (const Chosen& piece : from_.pieces_of(part)) {
            const auto name = name_of(piece);
            if (name.ns == ns && name.local == local && text_in(piece.text()) == value) return true;
        }
        return false;
    }

    bool is_device(const Part& part, std::string_view urn) const {
        for (const Chosen& piece : from_.pieces_of(part)) {
            if (piece.piece->section == Section::device_id)
                return normalised_device_id(text_in(piece.text())) == normalised_device_id(urn);
        }
        return false;
    }

    bool has_service(const Part& part, std::string_view id) const {
        const auto wanted = "<op:service-id>" + escaped(id) + "</op:service-id>";
        for (const Chosen& piece : from_.pieces_of(part)) {
            const auto name = name_of(piece);
            if (name.ns == "op" && name.local == "service-description" &&
                piece.text().find(wanted) != std::string_view::npos)
                return true;
        }
        return false;
    }

    static bool is_contact(std::string_view contact, std::string_view uri) {
        return !contact.empty() && normalised_contact(contact) == normalised_contact(uri);
    }

    static bool has_scheme(std::string_view contact, std::string_view scheme) noexcept {
        const auto split = base::split_once(contact, ':');
        return split.found && split.before == scheme;
    }

    /// The closed tuple of who published nothing.
    bool shows_default(std::string_view aor) const {
        if (may_.services.is_all) return true;
        return std::any_of(
            may_.services.selected.begin(), may_.services.selected.end(),
            [&](const Selector& each) {
                return (each.by == SelectBy::contact && is_contact(aor, each.value)) ||
                       (each.by == SelectBy::scheme && has_scheme(aor, each.value));
            });
    }

    void keep(const Chosen& piece, PartKind kind) {
        switch (piece.piece->section) {
            case Section::status:
                return keep_status(piece);
            case Section::note:
                if (may_.has(Attribute::note)) out_.pieces.push_back(piece);
                return;
            case Section::extension:
                return keep_extension(piece, kind);
            case Section::contact:
            case Section::device_id:
            case Section::timestamp:
                out_.pieces.push_back(piece);
                return;
        }
    }

    void keep_extension(const Chosen& piece, PartKind kind) {
        const auto name = name_of(piece);
        if (name.ns == "rpid" && name.local == "user-input") return keep_user_input(piece);
        if (is_granted(name, kind)) out_.pieces.push_back(piece);
    }

    bool is_granted(const Name& name, PartKind kind) const {
        if (may_.has_all_attributes) return true;
        if (name.ns == "rpid") {
            // RFC 5025 3.3.2: what reaches somebody is always shown with the service.
            if (name.local == "service-class") return kind == PartKind::tuple;
            if (const auto known = attribute_named(name.local, false)) return may_.has(*known);
        }
        if (name.ns == "dm" && name.local == "deviceID") return may_.has(Attribute::device_id);
        if (name.ns == "gp" && name.local == "geopriv" && may_.has(Attribute::geopriv)) return true;
        if (name.ns == "op") {
            const bool overrides = name.local == "overriding-willingness";
            const auto known = attribute_named(overrides ? "willingness" : name.local, true);
            if (known && may_.has(*known)) return true;
        }
        return is_granted_by_name(uri_of(name.ns), name.local);
    }

    bool is_granted_by_name(std::string_view ns, std::string_view local) const {
        return may_.has_all_attributes ||
               std::any_of(may_.unknown.begin(), may_.unknown.end(),
                           [&](const auto& each) { return each.ns == ns && each.local == local; });
    }

    void rewrite(const Chosen& piece, std::string text) {
        out_.rewritten.push_front(std::move(text));
        out_.pieces.push_back({piece.presence, piece.piece, out_.rewritten.front()});
    }

    /// Of status, basic is shown; what else is in it are attributes of the service.
    void keep_status(const Chosen& piece) {
        const auto text = piece.text();
        const auto after_basic = text.find("</basic>");
        const auto content = after_basic == std::string_view::npos ? 0 : after_basic + 8;
        const bool is_bare = text == "<status/>" || text.substr(content) == "</status>";
        if (may_.has_all_attributes || is_bare) return out_.pieces.push_back(piece);
        const auto document = rooted(text);
        const auto tree = xml::parse(document, kFragmentLimits);
        std::string kept;
        if (tree) {
            for (const auto child : *tree->root().begin()) {
                const bool is_basic = child.is(Ns::pidf, "basic");
                if (is_basic || is_granted_by_name(child.uri(), child.local()))
                    xml::append_canonical(kept, child);
            }
        }
        rewrite(piece, kept.empty() ? "<status/>" : "<status>" + kept + "</status>");
    }

    void keep_user_input(const Chosen& piece) {
        const auto how = may_.has_all_attributes ? UserInput::full : may_.user_input;
        if (how == UserInput::none) return;
        if (how == UserInput::full) return out_.pieces.push_back(piece);
        const auto document = rooted(piece.text());
        const auto tree = xml::parse(document);
        if (!tree) return;
        const auto element = *tree->root().begin();
        std::string text = "<rpid:user-input";
        const auto copy = [&](std::string_view name) {
            const auto value = element.attribute(name);
            if (!value) return;
            text.append(" ").append(name).append("=\"");
            xml::append_escaped_attribute(text, *value);
            text += '"';
        };
        copy("id");
        if (how == UserInput::thresholds) copy("idle-threshold");
        text += '>';
        xml::append_escaped_text(text, element.text());
        rewrite(piece, text + "</rpid:user-input>");
    }

    Composition from_;
    const Permissions& may_;
    Composition out_;
};

/// Rules mostly grant what others do: then nothing is copied.
template <class Item, class Value>
void insert_sorted(std::vector<Item>& items, Value&& value) {
    const auto at = std::lower_bound(items.begin(), items.end(), value);
    if (at == items.end() || *at != value) items.insert(at, std::forward<Value>(value));
}

}  // namespace

std::optional<Attribute> attribute_named(std::string_view name, bool is_oma) noexcept {
    for (const auto& each : kAttributes) {
        if (each.name == name && each.is_oma == is_oma) return each.attribute;
    }
    return std::nullopt;
}

std::span<const NamedAttribute> attributes() noexcept {
    return kAttributes;
}

std::string_view name_of(SelectBy by) noexcept {
    return kSelectors[static_cast<std::size_t>(by)];
}

std::optional<SelectBy> selector_named(std::string_view name) noexcept {
    return value_named<SelectBy>(kSelectors, name);
}

std::string_view name_of(UserInput how) noexcept {
    return kUserInputs[static_cast<std::size_t>(how)];
}

std::optional<UserInput> user_input_named(std::string_view name) noexcept {
    return value_named<UserInput>(kUserInputs, name);
}

std::string_view name_of(DialogView view) noexcept {
    return kDialogViews[static_cast<std::size_t>(view)];
}

std::optional<DialogView> dialog_view_named(std::string_view name) noexcept {
    return value_named<DialogView>(kDialogViews, name);
}

void Components::add(Selector selector) {
    insert_sorted(selected, std::move(selector));
}

void Components::add(const Components& other) {
    is_all = is_all || other.is_all;
    // Whoever sees all sees them by nothing: equal grants are equal.
    if (is_all) return selected.clear();
    for (const auto& selector : other.selected) insert_sorted(selected, selector);
}

void Permissions::grant_unknown(QualifiedName name) {
    insert_sorted(unknown, std::move(name));
}

void Permissions::add(const Permissions& other) {
    services.add(other.services);
    persons.add(other.persons);
    devices.add(other.devices);
    attributes |= other.attributes;
    user_input = std::max(user_input, other.user_input);
    has_all_attributes = has_all_attributes || other.has_all_attributes;
    for (const auto& name : other.unknown) insert_sorted(unknown, name);
    dialog_view = std::max(dialog_view, other.dialog_view);
}

Permissions all_permissions() {
    Permissions all;
    all.services.is_all = all.persons.is_all = all.devices.is_all = true;
    all.has_all_attributes = true;
    all.user_input = UserInput::full;
    all.dialog_view = DialogView::full;
    return all;
}

Composition filtered(Composition composition, const Permissions& permissions,
                     std::string_view aor) {
    return Filter(std::move(composition), permissions).run(aor);
}

void Sphere::add(const Presence& presence) {
    for (const Component& person : presence.persons()) {
        const Piece* pieces = presence.pieces(person);
        for (std::uint32_t i = 0; i < person.piece_count; ++i) {
            const Chosen chosen{&presence, &pieces[i], {}};
            const auto name = name_of(chosen);
            if (name.ns != "rpid" || name.local != "sphere") continue;
            auto text = text_in(chosen.text());
            // <rpid:work/> or another element rather than text (RFC 4480 3.11).
            if (text.starts_with('<')) {
                text = text.substr(1, text.find_first_of(" />") - 1);
                if (const auto colon = text.find(':'); colon != std::string_view::npos)
                    text.remove_prefix(colon + 1);
            }
            const auto value = base::lower(text);
            is_contested_ = is_contested_ || (value_ && *value_ != value);
            value_ = value;
        }
    }
    if (is_contested_) value_.reset();
}

}  // namespace herald::pidf
