// cli/summary.h: what a NOTIFY's body says, in the few words a person wants to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::cli {

/// One way to reach a presentity.
struct TupleSummary {
    std::string id;
    std::string basic;    ///< open, closed, or empty where it is not said
    std::string contact;  ///< empty: none
    std::string note;
};

/// A PIDF document (RFC 3863) with what RPID (RFC 4480) adds for the person.
struct PresenceSummary {
    std::string basic;  ///< open where any tuple is; closed; empty where none says so
    std::vector<std::string> activities;  ///< names; the text of an `other`
    std::vector<std::string> moods;
    std::string
        note;  ///< of the person, else of the document, else of the first open tuple that has one
    std::vector<TupleSummary> tuples;
};
/// Faults as pidf::xml::parse; malformed for another root.
Result<PresenceSummary> summarise_presence(std::string_view body);

/// Counts of one kind of messages (RFC 3842 3.5).
struct MessageCounts {
    std::string kind;  ///< "voice", "fax", ...
    std::uint32_t fresh = 0, old = 0, urgent_fresh = 0, urgent_old = 0;
};
struct MessagesSummary {
    bool is_waiting = false;
    std::string account;
    std::vector<MessageCounts> counts;
};
/// Faults: malformed, where there is no Messages-Waiting.
Result<MessagesSummary> summarise_messages(std::string_view body);

/// One call of a dialog-info document (RFC 4235), as a person would say it: "in a call with Carol
/// (sip:carol@localhost)", "ringing: call from sip:carol@localhost", "call ended: busy".
struct CallsSummary {
    struct Call {
        std::string state;  ///< confirmed, early, ...
        std::string words;
    };
    std::vector<Call> calls;  ///< those that are, then those that ended
};
/// Faults as pidf::parse_dialog_info.
Result<CallsSummary> summarise_calls(std::string_view body);

/// One line each of what dialog-info (RFC 4235), watcherinfo (RFC 3858) and reginfo (RFC 3680)
/// documents list.
struct ListSummary {
    std::string what;  ///< "dialog", "watcher", "contact"
    struct Item {
        std::string state;  ///< confirmed, active, ...
        std::string who;    ///< a URI; may be empty
        std::string detail;
    };
    std::vector<Item> items;
};
/// Faults as pidf::xml::parse; malformed for a root of another kind.
Result<ListSummary> summarise_list(std::string_view body);

}  // namespace herald::cli
