// packages/dialog.h: what the dialog package keeps of one source, and [dialog] of the configuration
// file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "packages/package.h"
#include "pidf/dialog_info.h"

namespace herald::packages {

/// The PBX that keeps somebody's calls, which Herald subscribes to. Nobody can publish it.
inline constexpr std::string_view kDialogKeeperType = "application/vnd.herald.dialog-keeper";
struct DialogKeeper {
    std::string pbx;   ///< a configured name; empty: none
    std::string user;  ///< the user part there; empty: that of the AOR
};
std::string to_text(const DialogKeeper& keeper);

/// What is worked out of a dialog once, when it is told, and not for each change of any other: its
/// element in documents that show everything but session descriptions, and hashes.
struct DialogElement {
    std::string text;
    std::uint64_t fingerprint = 0;  ///< of the text
    std::size_t id_hash = 0;
    std::size_t name_hash = 0;  ///< of Call-ID and tags, the same for both sides of the call
};

/// The dialogs of one source.
struct DialogInput final : Admitted {
    DialogInput() = default;
    explicit DialogInput(pidf::DialogInfo told);

    DialogKeeper keeper{};  ///< of a document that is no dialogs but this
    pidf::DialogInfo info;
    std::vector<DialogElement> elements;  ///< of info.dialogs, each in its place
    /// For each dialog: the change it ended with; 0: it is live, or nobody needs to be told.
    std::vector<std::uint64_t> ended_at;
};

/// Which of several calls watchers are shown.
enum class ShownCalls : std::uint8_t { all, single, confirmed_first };

struct DialogSettings final : Settings {
    bool has_dummy = true;  ///< who has no call is shown with one that is over
    ShownCalls shown = ShownCalls::all;
    std::chrono::seconds max_age{86400};      ///< of what a silent source said last
    std::chrono::seconds max_early_age{600};  ///< ... of a call that was not answered
    std::chrono::seconds suspicious{14400};
    bool is_on_the_phone = true;    ///< calls make presence
    bool has_own_calls = true;      ///< a watcher is told of his own calls with who is watched
    bool has_registration = false;  ///< whether somebody is registered is told beside his calls
};
/// Being registered, where DialogSettings::has_registration: for package dialog, of no calls, with
/// Rank::registration.
Document dialogs_of_registered(std::string_view aor);

/// nullptr: the defaults.
const DialogSettings& dialog_settings_of(const Settings* settings);

}  // namespace herald::packages
