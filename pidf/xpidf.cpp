// pidf/xpidf.cpp: application/xpidf+xml, what old phones understand.
//
//   <presence><presentity uri="sip:bo@ex.org;method=SUBSCRIBE"/>
//    <atom id="t1"><address uri="sip:bo@ex.org;user=ip" priority="0.800">
//     <status status="open"/><msnsubstatus substatus="online"/></address></atom></presence>
#include "pidf/xpidf.h"

#include "base/text.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kProlog =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\n";

struct Shown {
    std::string_view status;
    std::string_view substatus;
};

Shown shown(const Composition& composition) noexcept {
    // Open tuples come first in a Composition.
    const bool is_open =
        !composition.tuples.empty() && composition.tuples.front().component->basic == Basic::open;
    if (!is_open) return {"closed", "offline"};
    unsigned activities = kNoActivity;
    for (const Chosen& chosen : composition.pieces) activities |= chosen.piece->activities;
    if ((activities & (kOnThePhone | kBusy)) != 0) return {"inuse", "onthephone"};
    if ((activities & kAway) != 0) return {"open", "away"};
    return {"open", "online"};
}

void append_uri(std::string& out, std::string_view uri, std::string_view parameter) {
    xml::append_escaped_attribute(out, uri);
    const bool is_sip = base::istarts_with(uri, "sip:") || base::istarts_with(uri, "sips:");
    if (!is_sip || uri.find('?') != std::string_view::npos) return;
    if (base::lower(uri).find(parameter.substr(0, parameter.find('=') + 1)) != std::string::npos)
        return;
    out += parameter;
}

void append_priority(std::string& out, std::int16_t thousandths) {
    if (thousandths < 0) return;
    out += " priority=\"";
    out += thousandths == 1000 ? "1." : "0.";
    const std::string digits = std::to_string(1000 + thousandths % 1000);
    out += std::string_view(digits).substr(1);
    out += '"';
}

}  // namespace

Rendered render_xpidf(const Composition& composition, std::string_view entity,
                      std::string_view aor) {
    const Part* best = composition.tuples.empty() ? nullptr : &composition.tuples.front();
    std::string_view contact =
        best != nullptr ? best->presence->view(best->component->contact) : "";
    if (contact.empty()) contact = aor;
    const Shown state = shown(composition);

    Rendered out;
    out.body = kProlog;
    out.body += "<presence><presentity uri=\"";
    append_uri(out.body, entity, ";method=SUBSCRIBE");
    out.body += "\"/><atom id=\"";
    out.body += best != nullptr ? best->id : "closed";
    out.body += "\"><address uri=\"";
    append_uri(out.body, contact, ";user=ip");
    out.body += '"';
    if (best != nullptr) append_priority(out.body, best->component->priority);
    out.body += "><status status=\"";
    out.body += state.status;
    out.body += "\"/><msnsubstatus substatus=\"";
    out.body += state.substatus;
    out.body += "\"/></address></atom></presence>\n";
    out.fingerprint = stable_hash(out.body);
    return out;
}

}  // namespace herald::pidf
