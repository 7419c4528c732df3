// cli/render_json.cpp: a NOTIFY as one JSON object, for programs.
#include <sstream>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSONString.h>

#include "base/text.h"
#include "cli/render.h"
#include "cli/summary.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

Object ordered() {
    return Object(Poco::JSON_PRESERVE_KEY_ORDER);
}

/// Network text: JSON holds valid UTF-8 only; control characters are escaped.
std::string text(std::string_view bytes) {
    return base::is_utf8(bytes) ? std::string(bytes) : printable(bytes);
}

void set_text(Object& object, const std::string& name, std::string_view value) {
    if (!value.empty()) object.set(name, text(value));
}

Array array_of(const std::vector<std::string>& words) {
    Array array;
    for (const std::string& word : words) array.add(text(word));
    return array;
}

Object json_of(const PresenceSummary& summary) {
    Object object = ordered();
    set_text(object, "basic", summary.basic);
    if (!summary.activities.empty()) object.set("activities", array_of(summary.activities));
    if (!summary.moods.empty()) object.set("moods", array_of(summary.moods));
    set_text(object, "note", summary.note);
    Array tuples;
    for (const TupleSummary& tuple : summary.tuples) {
        Object one = ordered();
        set_text(one, "id", tuple.id);
        set_text(one, "basic", tuple.basic);
        set_text(one, "contact", tuple.contact);
        set_text(one, "note", tuple.note);
        tuples.add(one);
    }
    object.set("tuples", tuples);
    return object;
}

Object json_of(const MessagesSummary& summary) {
    Object object = ordered();
    object.set("waiting", summary.is_waiting);
    set_text(object, "account", summary.account);
    for (const MessageCounts& counts : summary.counts) {
        Object one = ordered();
        one.set("new", counts.fresh);
        one.set("old", counts.old);
        one.set("urgent_new", counts.urgent_fresh);
        one.set("urgent_old", counts.urgent_old);
        object.set(text(counts.kind), one);
    }
    return object;
}

Object json_of(const ListSummary& summary) {
    Object object = ordered();
    Array items;
    for (const ListSummary::Item& item : summary.items) {
        Object one = ordered();
        set_text(one, "state", item.state);
        set_text(one, "uri", item.who);
        set_text(one, "detail", item.detail);
        items.add(one);
    }
    object.set(summary.what + "s", items);
    return object;
}

/// Sets what could be read of the body under a name of its kind; the body itself where nothing
/// could.
void set_body(Object& object, std::string_view content_type, std::string_view body) {
    if (content_type == "application/pidf+xml") {
        if (const auto summary = summarise_presence(body))
            return void(object.set("presence", json_of(*summary)));
    } else if (content_type == "application/simple-message-summary") {
        if (const auto summary = summarise_messages(body))
            return void(object.set("messages", json_of(*summary)));
    } else if (content_type.ends_with("+xml")) {
        if (const auto summary = summarise_list(body))
            return void(object.set("list", json_of(*summary)));
    }
    object.set("body", text(body));
}

}  // namespace

std::string render_json(const Shown& shown) {
    Object object = ordered();
    object.set("time", base::to_rfc3339(shown.when.time_since_epoch().count()));
    object.set("resource", text(shown.resource));
    object.set("event", text(shown.event));
    object.set("state", text(shown.state));
    set_text(object, "reason", shown.reason);
    if (shown.expires) object.set("expires", *shown.expires);
    if (!shown.body.empty()) {
        object.set("content_type", text(shown.content_type));
        set_body(object, shown.content_type, shown.body);
    }
    std::ostringstream out;
    object.stringify(out);
    return out.str();
}

}  // namespace herald::cli
