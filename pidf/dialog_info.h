// pidf/dialog_info.h: dialog information documents: which calls somebody has (RFC 4235 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pidf/versioned_text.h"
#include "pidf/xml.h"

namespace herald::pidf {

inline constexpr std::string_view kDialogInfoType = "application/dialog-info+xml";
inline constexpr std::size_t kMostDialogs = 512;  ///< in one document

/// In the order a call goes through them (RFC 4235 3.7.1).
enum class DialogState : std::uint8_t { trying, proceeding, early, confirmed, terminated };
std::string_view name_of(DialogState state) noexcept;
/// Any case: some PBXs write capitals.
std::optional<DialogState> dialog_state(std::string_view name) noexcept;

/// What ended a dialog.
enum class DialogEvent : std::uint8_t {
    none,
    cancelled,
    rejected,
    replaced,
    local_bye,
    remote_bye,
    error,
    timeout,
};
std::string_view name_of(DialogEvent event) noexcept;

enum class Direction : std::uint8_t { unknown, initiator, recipient };
std::string_view name_of(Direction direction) noexcept;
std::optional<Direction> dialog_direction(std::string_view name) noexcept;

/// One side of a call. Texts named as markup are elements as they go into a document.
struct Party {
    std::string display;
    std::string identity;             ///< a URI
    std::string target;               ///< markup
    std::string session_description;  ///< markup
    std::string rest;                 ///< markup
    /// `+sip.rendering` of its target is "no" (RFC 4235 4.1.6.2, RFC 3840).
    bool is_held = false;

    bool is_known() const noexcept {
        return !(identity.empty() && target.empty() && session_description.empty() && rest.empty());
    }
};

struct Dialog {
    std::string id;
    std::string call_id;  ///< empty: its publisher does not say, as the tags
    std::string local_tag;
    std::string remote_tag;
    Direction direction = Direction::unknown;
    DialogState state = DialogState::trying;
    DialogEvent event = DialogEvent::none;
    std::optional<std::uint32_t> code;  ///< of the response that ended it
    std::string details;                ///< markup: duration, replaces, referred-by, route-set
    Party local, remote;
    std::string foreign;         ///< markup of other namespaces
    xml::NamespaceSet prefixes;  ///< which all that markup relies on

    bool is_live() const noexcept { return state != DialogState::terminated; }
    /// It is known from all others, whoever tells of it (RFC 3261 12).
    bool has_whole_name() const noexcept {
        return !call_id.empty() && !local_tag.empty() && !remote_tag.empty();
    }
};

struct DialogInfo {
    bool is_full = true;
    std::string entity;
    std::vector<Dialog> dialogs;           ///< each id once
    std::optional<std::uint32_t> version;  ///< as it was told; to_text() writes none
};

/// How much of dialogs is written.
enum class DialogDetail : std::uint8_t {
    state,       ///< one dialog without a name, of the given ones' first: nobody learns who calls
    identities,  ///< states and who it is, nothing to take a call over with
    full,        ///< everything but session descriptions
    sessions,    ///< everything
};

/// The element of one dialog.
void append_dialog(std::string& out, const Dialog& dialog, DialogDetail detail);
/// The element of one that watchers know, and that is there no more.
void append_vanished(std::string& out, std::string_view id);
/// A document around elements that append_dialog() wrote; `prefixes` of all their dialogs.
VersionedText dialog_info_of(std::string_view elements, std::string_view entity,
                             xml::NamespaceSet prefixes);
/// ... of those only that changed (RFC 4235 3.3).
VersionedText changed_dialog_info_of(std::string_view elements, std::string_view entity,
                                     xml::NamespaceSet prefixes);
/// The whole document with a version, as it is published and stored.
std::string to_text(const DialogInfo& info);

/// Reads a published document, and the slips that are known of PBXs: no namespace, no version,
/// states in capitals, `notify-state`, dialogs without id that have a Call-ID. `most`: dialogs; the
/// bytes they may have grow with it. Faults: too_large; malformed, detail "line L, column C: why".
Result<DialogInfo> parse_dialog_info(std::string_view body, std::size_t most = kMostDialogs);

}  // namespace herald::pidf
