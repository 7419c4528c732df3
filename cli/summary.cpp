// cli/summary.cpp: what a NOTIFY's body says, in the few words a person wants to read.
#include "cli/summary.h"

#include <algorithm>

#include "base/text.h"
#include "pidf/xml.h"

namespace herald::cli {
namespace {

using pidf::xml::Element;
using pidf::xml::Ns;

/// A composed document holds many published ones, and is larger than what a server lets anyone
/// publish.
constexpr pidf::xml::Limits kComposed{
    .bytes = 1 << 20, .elements = 1 << 16, .attributes = 1 << 16, .namespaces = 1024};

std::string trimmed_text(Element element) {
    return std::string(base::trim(element.text()));
}

/// The text of the first child `local`, whatever its namespace; empty where there is none.
std::string text_of(Element parent, std::string_view local) {
    for (const Element child : parent) {
        if (child.local() == local) return trimmed_text(child);
    }
    return {};
}

/// Values of an RPID element are the names of its children; notes are no values.
void append_values(std::vector<std::string>& out, Element element) {
    for (const Element value : element) {
        if (value.local() == "note") continue;
        std::string text = trimmed_text(value);
        const bool is_other = value.local() == "other" && !text.empty();
        out.push_back(is_other ? std::move(text) : std::string(value.local()));
    }
}

void read_person(PresenceSummary& summary, Element person) {
    for (const Element child : person) {
        if (child.is(Ns::rpid, "activities")) append_values(summary.activities, child);
        if (child.is(Ns::rpid, "mood")) append_values(summary.moods, child);
        if (child.local() == "note" && summary.note.empty()) summary.note = trimmed_text(child);
    }
}

TupleSummary read_tuple(Element element) {
    TupleSummary tuple;
    tuple.id = element.attribute("id").value_or("");
    for (const Element child : element) {
        if (child.local() == "status") tuple.basic = base::lower(text_of(child, "basic"));
    }
    tuple.contact = text_of(element, "contact");
    tuple.note = text_of(element, "note");
    return tuple;
}

void conclude(PresenceSummary& summary, std::string_view document_note) {
    for (const TupleSummary& tuple : summary.tuples) {
        if (tuple.basic == "open" || (tuple.basic == "closed" && summary.basic.empty()))
            summary.basic = tuple.basic;
    }
    if (summary.note.empty()) summary.note = document_note;
    for (const TupleSummary& tuple : summary.tuples) {
        const bool counts = summary.basic != "open" || tuple.basic == "open";
        if (summary.note.empty() && counts) summary.note = tuple.note;
    }
}

Fault other_root(Element root) {
    return {FaultKind::malformed, "the root element is <" + std::string(root.local()) + ">"};
}

/// "2/8 (0/2)", blanks or none.
std::optional<MessageCounts> parse_counts(std::string_view text) {
    std::vector<std::uint32_t> numbers;
    while (!text.empty()) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits > 0) numbers.push_back(base::to_u32_clamped(text.substr(0, digits)).value_or(0));
        text.remove_prefix(std::max<std::size_t>(digits, 1));
    }
    if (numbers.size() != 2 && numbers.size() != 4) return std::nullopt;
    numbers.resize(4);
    return MessageCounts{{}, numbers[0], numbers[1], numbers[2], numbers[3]};
}

ListSummary::Item read_dialog(Element dialog) {
    ListSummary::Item item;
    item.state = text_of(dialog, "state");
    for (const Element child : dialog) {
        if (child.local() == "remote") item.who = text_of(child, "identity");
    }
    item.detail = dialog.attribute("direction").value_or("");
    return item;
}

ListSummary::Item read_watcher(Element watcher) {
    ListSummary::Item item;
    item.state = watcher.attribute("status").value_or("");
    item.who = trimmed_text(watcher);
    item.detail = watcher.attribute("event").value_or("");
    return item;
}

ListSummary::Item read_contact(Element contact) {
    ListSummary::Item item;
    item.state = contact.attribute("state").value_or("");
    item.who = text_of(contact, "uri");
    item.detail = contact.attribute("event").value_or("");
    return item;
}

}  // namespace

Result<PresenceSummary> summarise_presence(std::string_view body) {
    const auto tree = pidf::xml::parse(body, kComposed);
    if (!tree) return tree.fault();
    const Element root = tree->root();
    if (root.local() != "presence") return other_root(root);
    PresenceSummary summary;
    std::string document_note;
    for (const Element child : root) {
        if (child.local() == "tuple") summary.tuples.push_back(read_tuple(child));
        if (child.is(Ns::data_model, "person")) read_person(summary, child);
        if (child.local() == "note" && document_note.empty()) document_note = trimmed_text(child);
    }
    conclude(summary, document_note);
    return summary;
}

Result<MessagesSummary> summarise_messages(std::string_view body) {
    MessagesSummary summary;
    bool has_status = false;
    while (!body.empty()) {
        const base::Split lines = base::split_once(body, '\n');
        body = lines.after;
        const base::Split line = base::split_once(base::trim(lines.before), ':');
        const std::string name = base::lower(base::trim(line.before));
        const std::string_view value = base::trim(line.after);
        constexpr std::string_view kMessage = "-message";
        if (name == "messages-waiting") {
            has_status = true;
            summary.is_waiting = base::iequals(value, "yes");
        } else if (name == "message-account") {
            summary.account = value;
        } else if (std::string_view(name).ends_with(kMessage)) {
            if (auto counts = parse_counts(value)) {
                counts->kind = name.substr(0, name.size() - kMessage.size());
                summary.counts.push_back(std::move(*counts));
            }
        }
    }
    if (!has_status) return Fault{FaultKind::malformed, "no Messages-Waiting line"};
    return summary;
}

Result<ListSummary> summarise_list(std::string_view body) {
    const auto tree = pidf::xml::parse(body, kComposed);
    if (!tree) return tree.fault();
    const Element root = tree->root();
    ListSummary summary;
    if (root.local() == "dialog-info") {
        summary.what = "dialog";
        for (const Element child : root) {
            if (child.local() == "dialog") summary.items.push_back(read_dialog(child));
        }
        return summary;
    }
    const bool is_winfo = root.local() == "watcherinfo";
    if (!is_winfo && root.local() != "reginfo") return other_root(root);
    summary.what = is_winfo ? "watcher" : "contact";
    for (const Element group : root) {
        for (const Element child : group) {
            if (is_winfo && child.local() == "watcher")
                summary.items.push_back(read_watcher(child));
            if (!is_winfo && child.local() == "contact")
                summary.items.push_back(read_contact(child));
        }
    }
    return summary;
}

}  // namespace herald::cli
