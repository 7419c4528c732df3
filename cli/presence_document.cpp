// cli/presence_document.cpp: writes what `herald publish` publishes.
#include "cli/presence_document.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "cli/arguments.h"
#include "pidf/simple_presence.h"
#include "pidf/xml.h"

namespace herald::cli {
namespace {

/// RFC 4480 3.5.
constexpr std::string_view kMoods[] = {
    "afraid",      "amazed",    "angry",       "annoyed",      "anxious",    "ashamed",
    "bored",       "brave",     "calm",        "cold",         "confused",   "contented",
    "cranky",      "curious",   "depressed",   "disappointed", "disgusted",  "distracted",
    "embarrassed", "excited",   "flirtatious", "frustrated",   "grumpy",     "guilty",
    "happy",       "hot",       "humbled",     "humiliated",   "hungry",     "hurt",
    "impressed",   "in_awe",    "in_love",     "indignant",    "interested", "invincible",
    "jealous",     "lonely",    "mean",        "moody",        "nervous",    "neutral",
    "offended",    "playful",   "proud",       "relieved",     "remorseful", "restless",
    "sad",         "sarcastic", "serious",     "shocked",      "shy",        "sick",
    "sleepy",      "stressed",  "surprised",   "thirsty",      "unknown",    "worried"};

Status check(std::span<const std::string_view> known, std::string_view what,
             std::string_view name) {
    if (std::find(std::begin(known), std::end(known), name) != std::end(known)) return {};
    std::string text = "unknown " + std::string(what) + " '" + std::string(name) + "'";
    const std::string_view meant = nearest(name, {std::begin(known), std::end(known)});
    if (!meant.empty())
        return Fault{FaultKind::malformed, text + "; did you mean '" + std::string(meant) + "'?"};
    text += "; one of: ";
    for (const std::string_view& one : known)
        text.append(&one == known.data() ? "" : ", ").append(one);
    return Fault{FaultKind::malformed, std::move(text)};
}

void append_note(std::string& out, std::string_view element, std::string_view note) {
    if (note.empty()) return;
    out.append("<").append(element).append(">");
    pidf::xml::append_escaped_text(out, note);
    out.append("</").append(element).append(">");
}

void append_tuple(std::string& out, const PresenceDraft& draft) {
    out.append("  <tuple id=\"t-").append(draft.device).append("\">\n    <status><basic>");
    out.append(draft.is_open ? "open" : "closed")
        .append("</basic></status>\n    <contact priority=\"0.8\">");
    pidf::xml::append_escaped_text(out, draft.entity);
    out.append("</contact>\n    ");
    append_note(out, "note", draft.note);
    out.append("<timestamp>").append(base::to_rfc3339(draft.now.time_since_epoch().count()));
    out.append("</timestamp>\n  </tuple>\n");
}

void append_person(std::string& out, const PresenceDraft& draft) {
    if (draft.activities.empty() && draft.mood.empty() && draft.note.empty()) return;
    out.append("  <dm:person id=\"p-").append(draft.device).append("\">\n    ");
    if (!draft.activities.empty()) {
        out.append("<rpid:activities>");
        for (const std::string& activity : draft.activities)
            out.append("<rpid:").append(activity).append("/>");
        out.append("</rpid:activities>");
    }
    if (!draft.mood.empty())
        out.append("<rpid:mood><rpid:").append(draft.mood).append("/></rpid:mood>");
    append_note(out, "dm:note", draft.note);
    out.append("<dm:timestamp>").append(base::to_rfc3339(draft.now.time_since_epoch().count()));
    out.append("</dm:timestamp>\n  </dm:person>\n");
}

}  // namespace

std::string presence_document(const PresenceDraft& draft) {
    pidf::xml::NamespaceSet namespaces;
    namespaces.add(pidf::xml::Ns::data_model);
    namespaces.add(pidf::xml::Ns::rpid);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence";
    pidf::xml::append_declarations(out, namespaces);
    out.append(" entity=\"");
    pidf::xml::append_escaped_attribute(out, draft.entity);
    out.append("\">\n");
    append_tuple(out, draft);
    append_person(out, draft);
    return out + "</presence>\n";
}

Status check_activity(std::string_view name) {
    return check(pidf::activity_names(), "activity", name);
}

Status check_mood(std::string_view name) {
    return check(kMoods, "mood", name);
}

}  // namespace herald::cli
