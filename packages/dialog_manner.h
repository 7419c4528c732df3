// packages/dialog_manner.h: what one SUBSCRIBE for calls asks for (RFC 4235 3.2): which of them,
// and how they are told.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "packages/package.h"
#include "pidf/dialog_info.h"

namespace herald::packages {

struct DialogManner {
    std::string call_id;        ///< of the calls that are told; empty: of any
    std::string to_tag;         ///< their local tag, with a Call-ID; empty: any
    std::string from_tag;       ///< their remote tag, likewise
    std::string own_target;     ///< calls with who has it are not told; empty: all are
    bool has_sessions = false;  ///< with session descriptions
    bool is_partial = false;    ///< changes are told, not everything each time

    bool is_about_one_call() const noexcept { return !call_id.empty(); }
    /// Whether `dialog` is one of those, as the one who is watched sees it.
    bool asks_for(const pidf::Dialog& dialog) const;
};

/// DialogManner::asks_for() of one manner, for many dialogs.
class DialogFilter {
public:
    explicit DialogFilter(const DialogManner& manner);
    bool takes(const pidf::Dialog& dialog) const;

private:
    const DialogManner& manner_;
    std::string own_target_;  ///< as the markup of a target has it; empty: all are told
};

/// Package::manner(): what the parameters of Event and the watcher's account say, and within a
/// dialog what it began with. Faults: malformed.
Result<DialogManner> dialog_manner_of(const Asked& asked, bool hides_own);

/// One line; empty: everything, whole.
std::string to_text(const DialogManner& manner);
DialogManner dialog_manner_from(std::string_view text);

}  // namespace herald::packages
