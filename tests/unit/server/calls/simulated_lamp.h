// tests/unit/server/calls/simulated_lamp.h: a phone's lamp as its owner sees it (RFC 4235 4.3).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::server::testing {

inline std::string between(const std::string& text, const std::string& before,
                           const std::string& after) {
    const auto at = text.find(before);
    if (at == std::string::npos) return {};
    const auto start = at + before.size();
    return text.substr(start, text.find(after, start) - start);
}

/// A dialog of a document.
struct ShownDialog {
    std::string id;
    std::string call_id;  ///< empty: it has none
    std::string state;    ///< empty: it is only named

    bool is_live() const { return !state.empty() && state != "terminated"; }
};

inline std::vector<ShownDialog> dialogs_in(const std::string& document) {
    std::vector<ShownDialog> dialogs;
    for (auto at = document.find("<dialog "); at != std::string::npos;
         at = document.find("<dialog ", at + 1)) {
        const auto one = document.substr(at, document.find("</dialog>", at) - at);
        const auto element = one.find("<state");
        dialogs.push_back(
            {between(one, " id=\"", "\""), between(one, " call-id=\"", "\""),
             element == std::string::npos ? "" : between(one.substr(element), ">", "<")});
    }
    return dialogs;
}

/// Call-IDs (empty: of who has none) and what they are.
using ShownCalls = std::map<std::string, std::string>;

struct SimulatedLamp {
    std::string name, aor;
    bool is_partial = false;  ///< told what changed
    std::string to{};
    unsigned cseq = 1;
    std::uint64_t last = 0;
    unsigned long version = 0;
    unsigned changes = 0;                       ///< documents of what changed
    unsigned told_in = 0;                       ///< the run of the server that told it last
    std::map<std::string, ShownDialog> live{};  ///< by id

    void take(const std::string& document, unsigned run) {
        CAPTURE(document);
        const auto root = document.substr(document.find("<dialog-info"));
        const auto now = std::stoul(between(root, " version=\"", "\""));
        const bool is_whole = between(root, " state=\"", "\"") == "full";
        CHECK((is_whole || (is_partial && now == version + 1)));
        version = now;
        changes += is_whole ? 0 : 1;
        const auto dialogs = dialogs_in(root);
        if (is_whole && told_in == run) note_vanished(dialogs);
        told_in = run;
        if (is_whole) live.clear();
        for (const auto& dialog : dialogs) {
            live.erase(dialog.id);
            if (dialog.is_live()) live[dialog.id] = dialog;
        }
    }
    ShownCalls shown() const {
        ShownCalls calls;
        for (const auto& [id, dialog] : live) {
            const bool is_first = calls.emplace(dialog.call_id, dialog.state).second;
            CHECK(is_first);
        }
        return calls;
    }

private:
    /// The end of a call is told once, by who knows what this lamp knows.
    void note_vanished(const std::vector<ShownDialog>& dialogs) {
        for (const auto& [id, before] : live) {
            bool is_named = before.call_id.empty() || !before.call_id.starts_with("call");
            for (const auto& dialog : dialogs)
                is_named = is_named || dialog.call_id == before.call_id;
            const std::string call = is_named ? "" : before.call_id;
            CHECK(call == "");
        }
    }
};

}  // namespace herald::server::testing
