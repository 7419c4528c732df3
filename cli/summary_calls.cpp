// cli/summary_calls.cpp: what a dialog-info document says, as a person would.
#include <algorithm>

#include "cli/summary.h"
#include "pidf/dialog_info.h"

namespace herald::cli {
namespace {

/// A composed document holds many published ones.
constexpr std::size_t kMostCalls = 8192;

using pidf::DialogEvent;
using pidf::DialogState;
using pidf::Direction;

std::string without_sip(const std::string& uri) {
    return uri.starts_with("sip:") ? uri.substr(4) : uri;
}

/// "Carol (carol@localhost)"; empty where it is not known.
std::string name_of(const pidf::Party& party) {
    if (party.display.empty()) return without_sip(party.identity);
    return party.identity.empty() ? party.display
                                  : party.display + " (" + without_sip(party.identity) + ")";
}

std::string with(std::string words, std::string_view preposition, const pidf::Party& party) {
    const std::string name = name_of(party);
    if (name.empty()) return words;
    if (!preposition.empty()) words.append(" ").append(preposition);
    return words.append(" ").append(name);
}

std::string why_of(const pidf::Dialog& dialog) {
    switch (dialog.event) {
        case DialogEvent::none:
            break;
        case DialogEvent::cancelled:
            return "the caller gave up";
        case DialogEvent::rejected:
            return dialog.code == 486 || dialog.code == 600 ? "busy" : "it was not answered";
        case DialogEvent::replaced:
            return "another call took its place";
        case DialogEvent::local_bye:
            return "hung up here";
        case DialogEvent::remote_bye:
            return "the other side hung up";
        case DialogEvent::error:
            return "it failed";
        case DialogEvent::timeout:
            return "nothing was heard of it any more";
    }
    return {};
}

std::string call_words(const pidf::Dialog& dialog) {
    const bool is_caller = dialog.direction == Direction::initiator;
    switch (dialog.state) {
        case DialogState::trying:
        case DialogState::proceeding:
            return is_caller ? with("calling", "", dialog.remote)
                             : with("being called", "by", dialog.remote);
        case DialogState::early:
            return is_caller ? with("calling", "", dialog.remote) + ", it rings there"
                             : with("ringing: call", "from", dialog.remote);
        case DialogState::confirmed: {
            const bool is_held = dialog.local.is_held || dialog.remote.is_held;
            return with("in a call", "with", dialog.remote) + (is_held ? ", on hold" : "");
        }
        case DialogState::terminated: {
            const std::string why = why_of(dialog);
            return with("call", "with", dialog.remote) + " ended" + (why.empty() ? "" : ": " + why);
        }
    }
    return {};
}

/// The one that stands for none.
bool is_dummy(const pidf::Dialog& dialog) {
    return dialog.id == "0" && !dialog.is_live() && dialog.call_id.empty() &&
           dialog.event == DialogEvent::none;
}

}  // namespace

Result<CallsSummary> summarise_calls(std::string_view body) {
    const auto info = pidf::parse_dialog_info(body, kMostCalls);
    if (!info) return info.fault();
    CallsSummary summary;
    for (const auto& dialog : info->dialogs) {
        if (!is_dummy(dialog))
            summary.calls.push_back({std::string(pidf::name_of(dialog.state)), call_words(dialog)});
    }
    std::stable_sort(summary.calls.begin(), summary.calls.end(), [](const auto& a, const auto& b) {
        return (a.state == "terminated") < (b.state == "terminated");
    });
    return summary;
}

}  // namespace herald::cli
