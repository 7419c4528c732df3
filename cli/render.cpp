// cli/render.cpp: a NOTIFY as `herald watch` shows it.
#include "cli/render.h"

#include <ctime>

#include "base/text.h"
#include "cli/summary.h"
#include "cli/terminal.h"

namespace herald::cli {
namespace {

/// Under the resource, past the time.
constexpr std::string_view kIndent = "\n            ";

Colour colour_of(std::string_view state) {
    if (state == "open" || state == "active" || state == "confirmed") return Colour::green;
    if (state == "closed" || state == "terminated") return Colour::red;
    if (state == "pending" || state == "early" || state == "trying") return Colour::yellow;
    return Colour::none;
}

std::string state_word(std::string_view state, bool colours) {
    return coloured(printable(state), colour_of(state), colours);
}

std::string quoted_note(std::string_view note) {
    return "\"" + printable(note) + "\"";
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + printable(word);
    return out;
}

std::string without_scheme(std::string_view uri) {
    const bool is_sip = base::istarts_with(uri, "sip:");
    return printable(is_sip ? uri.substr(4) : uri);
}

std::string render_presence(const PresenceSummary& summary, bool colours) {
    std::string out = summary.basic.empty() ? "unknown" : state_word(summary.basic, colours);
    std::string details = joined(summary.activities);
    if (!summary.moods.empty())
        details += (details.empty() ? "(" : " (") + joined(summary.moods) + ")";
    if (!summary.note.empty()) details += (details.empty() ? "" : " ") + quoted_note(summary.note);
    if (!details.empty()) out += "  " + details;
    if (summary.tuples.size() < 2) return out;
    for (const TupleSummary& tuple : summary.tuples) {
        out += kIndent;
        out += tuple.basic.empty() ? "unknown" : state_word(tuple.basic, colours);
        out += "  " + without_scheme(tuple.contact.empty() ? tuple.id : tuple.contact);
        if (!tuple.note.empty()) out += "  " + quoted_note(tuple.note);
    }
    return out;
}

std::string render_counts(const MessageCounts& counts) {
    const auto part = [](std::uint32_t number, std::uint32_t urgent, std::string_view word) {
        std::string text = std::to_string(number) + " " + std::string(word);
        if (urgent > 0) text += " (" + std::to_string(urgent) + " urgent)";
        return text;
    };
    return part(counts.fresh, counts.urgent_fresh, "new") + ", " +
           part(counts.old, counts.urgent_old, "old") + " (" + printable(counts.kind) + ")";
}

/// With the account where it is another one than the resource: a group may be told of each member.
std::string render_messages(const MessagesSummary& summary, const Shown& shown, bool colours) {
    std::string parts;
    for (const MessageCounts& counts : summary.counts) {
        if (counts.fresh + counts.old == 0) continue;
        parts += (parts.empty() ? "" : "; ") + render_counts(counts);
    }
    std::string text = summary.is_waiting ? coloured("messages waiting", Colour::green, colours)
                                          : "no messages waiting";
    if (!parts.empty()) text += ": " + parts;
    const std::string account = without_scheme(summary.account);
    const bool is_own = account.empty() || account == without_scheme(shown.resource);
    return is_own ? text : text + ", account " + account;
}

std::string render_item(const ListSummary::Item& item, bool colours) {
    std::string out = state_word(item.state, colours);
    if (!item.who.empty()) out += "  " + without_scheme(item.who);
    if (!item.detail.empty()) out += "  (" + printable(item.detail) + ")";
    return out;
}

std::string render_list(const ListSummary& summary, bool colours) {
    if (summary.items.empty()) return "no " + summary.what + "s";
    const std::string count = std::to_string(summary.items.size()) + " " + summary.what;
    if (summary.items.size() == 1)
        return count + "  " + render_item(summary.items.front(), colours);
    std::string out = count + "s";
    for (const ListSummary::Item& item : summary.items)
        out += std::string(kIndent) + render_item(item, colours);
    return out;
}

std::string render_calls(const CallsSummary& summary, bool colours) {
    if (summary.calls.empty()) return coloured("no calls", colour_of("closed"), colours);
    std::string out;
    for (const auto& call : summary.calls) {
        if (!out.empty()) out += kIndent;
        out += coloured(printable(call.words), colour_of(call.state), colours);
    }
    return out;
}

std::string render_lines(std::string_view content_type, std::string_view body) {
    std::string out = printable(content_type) + ", " + std::to_string(body.size()) + " bytes";
    while (!body.empty()) {
        const base::Split lines = base::split_once(body, '\n');
        body = lines.after;
        out += std::string(kIndent) + printable(base::trim(lines.before));
    }
    return out;
}

std::string unreadable(const Fault& fault) {
    return "cannot read the document: " + printable(fault.detail);
}

std::string render_body(const Shown& shown, bool colours) {
    const auto content_type = shown.content_type;
    const auto body = shown.body;
    if (content_type == "application/pidf+xml") {
        const auto summary = summarise_presence(body);
        return summary ? render_presence(*summary, colours) : unreadable(summary.fault());
    }
    if (content_type == "application/simple-message-summary") {
        const auto summary = summarise_messages(body);
        return summary ? render_messages(*summary, shown, colours) : unreadable(summary.fault());
    }
    if (content_type == "application/dialog-info+xml") {
        const auto summary = summarise_calls(body);
        return summary ? render_calls(*summary, colours) : unreadable(summary.fault());
    }
    const bool is_list =
        content_type == "application/watcherinfo+xml" || content_type == "application/reginfo+xml";
    if (is_list) {
        const auto summary = summarise_list(body);
        return summary ? render_list(*summary, colours) : unreadable(summary.fault());
    }
    return render_lines(content_type, body);
}

}  // namespace

std::string time_of_day(base::WallTime when) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
    std::tm local{};
    localtime_r(&seconds, &local);
    char text[16];
    return {text, std::strftime(text, sizeof text, "%H:%M:%S", &local)};
}

std::string render(const Shown& shown, bool colours) {
    std::string out = coloured(without_scheme(shown.resource), Colour::bold, colours) + "  ";
    if (shown.state == "pending" && shown.body.empty()) {
        return out + state_word("pending", colours) + " (waiting for authorization)";
    }
    const bool is_as_asked = shown.is_fetch && (shown.reason.empty() || shown.reason == "timeout");
    const bool is_ended = shown.state == "terminated" && !is_as_asked;
    if (!shown.body.empty()) {
        out += render_body(shown, colours);
    } else if (is_as_asked) {
        out += "nothing is shown to this watcher, or not yet";
    } else if (!is_ended) {
        out += "nothing is known";
    }
    if (!is_ended) return out;
    const std::string reason = shown.reason.empty() ? "" : " (" + printable(shown.reason) + ")";
    return out + (shown.body.empty() ? "" : "  ") +
           coloured("ended" + reason, Colour::red, colours);
}

}  // namespace herald::cli
