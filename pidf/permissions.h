// pidf/permissions.h: what of a presence document a watcher may see (RFC 5025 3.3, and the OMA's
// additions): grants only, so that any two can be added up.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pidf/compose.h"

namespace herald::pidf {

/// Which components are shown, and by what (RFC 5025 3.3.1).
enum class SelectBy : std::uint8_t {
    class_,  ///< rpid:class, as it is written
    occurrence_id,
    device_id,   ///< devices; compared as URNs
    contact,     ///< services; compared as URIs
    scheme,      ///< services: that of the contact
    service_id,  ///< services: op:service-description/service-id
};
/// "service-uri-scheme".
std::string_view name_of(SelectBy by) noexcept;
std::optional<SelectBy> selector_named(std::string_view name) noexcept;
struct Selector {
    SelectBy by;
    std::string value;
    friend bool operator==(const Selector&, const Selector&) = default;
    friend auto operator<=>(const Selector&, const Selector&) = default;
};

/// Sorted and without repetition, so that equal grants are equal.
struct Components {
    bool is_all = false;
    std::vector<Selector> selected;
    void add(Selector selector);
    void add(const Components& other);
    friend bool operator==(const Components&, const Components&) = default;
};

/// One bit each of the attributes that are shown or not (RFC 5025 3.3.2, OMA).
enum class Attribute : std::uint8_t {
    activities,
    class_,
    device_id,
    mood,
    place_is,
    place_type,
    privacy,
    relationship,
    sphere,
    status_icon,
    time_offset,
    note,
    willingness,
    network_availability,
    session_participation,
    registration_state,
    barring_state,
    geopriv,
};
/// "provide-activities" without "provide-"; nullopt where there is none of that name.
std::optional<Attribute> attribute_named(std::string_view name, bool is_oma) noexcept;
struct NamedAttribute {
    std::string_view name;
    Attribute attribute;
    bool is_oma = false;
};
/// All of them, each with its name.
std::span<const NamedAttribute> attributes() noexcept;

/// How much of rpid:user-input is shown; the more the higher.
enum class UserInput : std::uint8_t { none, bare, thresholds, full };
/// "false", "bare" ...
std::string_view name_of(UserInput how) noexcept;
std::optional<UserInput> user_input_named(std::string_view name) noexcept;

/// How much of a dialog is told (package dialog); the more the higher.
enum class DialogView : std::uint8_t { none, virtual_, state, full };
std::string_view name_of(DialogView view) noexcept;
std::optional<DialogView> dialog_view_named(std::string_view name) noexcept;

struct QualifiedName {
    std::string ns, local;
    friend bool operator==(const QualifiedName&, const QualifiedName&) = default;
    friend auto operator<=>(const QualifiedName&, const QualifiedName&) = default;
};

/// What one class of watchers may see. Made of grants: nothing granted, nothing shown.
struct Permissions {
    Components services, persons, devices;
    std::uint32_t attributes = 0;  ///< bits by Attribute
    UserInput user_input = UserInput::none;
    bool has_all_attributes = false;
    std::vector<QualifiedName> unknown;  ///< sorted
    DialogView dialog_view = DialogView::none;
    /// Instead of all this: what everybody sees of who never published (RFC 5025 3.2.1,
    /// polite-block).
    bool is_fabricated = false;

    bool has(Attribute attribute) const noexcept {
        return has_all_attributes || (attributes >> static_cast<unsigned>(attribute) & 1U) != 0;
    }
    void grant(Attribute attribute) noexcept {
        attributes |= 1U << static_cast<unsigned>(attribute);
    }
    void grant_unknown(QualifiedName name);
    /// Both grants together (RFC 4745 10.2).
    void add(const Permissions& other);
    friend bool operator==(const Permissions&, const Permissions&) = default;
};
/// Everything there is to grant.
Permissions all_permissions();

/// What of `composition` may be shown. Filtering twice is filtering once. `aor`: contact of the
/// tuple that an empty composition stands for.
Composition filtered(Composition composition, const Permissions& permissions, std::string_view aor);

/// The value of rpid:sphere that all the documents with one agree on (RFC 5025 3.1.2). Add each;
/// then ask.
class Sphere {
public:
    void add(const Presence& presence);
    /// nullopt: undefined.
    const std::optional<std::string>& value() const noexcept { return value_; }

private:
    std::optional<std::string> value_;
    bool is_contested_ = false;
};

}  // namespace herald::pidf
