// http/mailbox_documents.cpp: mailboxes and their settings as JSON.
#include "http/mailbox_documents.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "http/fields.h"
#include "sip/uri.h"

namespace herald::http {

namespace {

using packages::ListedMessage;
using packages::MessageClass;
using packages::MessageCount;
using packages::MessageCounts;

/// The classes of RFC 3458 as members are called.
struct ClassName {
    std::string_view name;
    MessageClass message_class;
};
constexpr std::array<ClassName, packages::kMessageClasses> kClasses{{
    {"voice", MessageClass::voice},
    {"video", MessageClass::video},
    {"fax", MessageClass::fax},
    {"pager", MessageClass::pager},
    {"multimedia", MessageClass::multimedia},
    {"text", MessageClass::text},
    {"none", MessageClass::none},
}};

MessageCount read_count(Fields& fields) {
    MessageCount count;
    count.fresh = fields.number("new").value_or(0);
    count.old = fields.number("old").value_or(0);
    count.urgent_fresh = fields.number("urgent_new").value_or(0);
    count.urgent_old = fields.number("urgent_old").value_or(0);
    if (count.urgent_fresh > count.fresh)
        fields.refuse("urgent_new", "it is more than \"new\", which includes it");
    if (count.urgent_old > count.old)
        fields.refuse("urgent_old", "it is more than \"old\", which includes it");
    return count;
}

/// Its headers, name by name; what a name has several of is one list.
Json json_of(const ListedMessage& message) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& each : message.headers) {
        const auto same = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
            return base::iequals(header.first, each.first);
        });
        if (same == headers.end()) {
            headers.push_back(each);
        } else {
            same->second += ", " + each.second;
        }
    }
    JsonObject out;
    for (auto& [name, value] : headers) out.emplace_back(name, std::move(value));
    return out;
}

ListedMessage read_message(Fields& fields) {
    ListedMessage message;
    fields.all_texts([&](const std::string& name, const std::string& value) {
        const auto text = base::trim(value);
        if (message.headers.size() >= packages::kMaxMessageHeaders)
            fields.refuse(name, "these are too many headers of one message");
        if (!packages::is_header(name, text))
            fields.refuse(name, "this is not a header of one line");
        message.headers.emplace_back(name, text);
    });
    message.id = packages::identity_of(message);
    return message;
}

void read_messages(Fields& fields, std::vector<ListedMessage>& messages) {
    std::size_t count = 0;
    fields.objects("messages", [&](Fields& inner) {
        ++count;
        auto message = read_message(inner);
        if (!message.headers.empty()) messages.push_back(std::move(message));
    });
    auto kept = messages;
    packages::keep_latest(kept);
    if (kept.size() == messages.size() && messages.size() == count) return;
    fields.refuse("messages", "expected at most " + std::to_string(packages::kMaxMessages) +
                                  " messages with at most " +
                                  std::to_string(packages::kMaxMessageBytes) +
                                  " bytes of headers in all, and with one header at least each");
}

Json json_of(const MessageCount& count) {
    return JsonObject{
        {"new", count.fresh},
        {"old", count.old},
        {"urgent_new", count.urgent_fresh},
        {"urgent_old", count.urgent_old},
    };
}

}  // namespace

Result<MessageCounts> counts_of_json(const Json& json) {
    Fields fields(json);
    MessageCounts counts;
    counts.waiting = fields.flag("waiting");
    if (const auto account = fields.text("account")) {
        if (!sip::parse_uri(*account))
            fields.refuse("account", "expected a URI like sip:voicemail@example.com");
        counts.account = *account;
    }
    for (const ClassName& each : kClasses) {
        fields.object(each.name,
                      [&](Fields& inner) { counts[each.message_class] = read_count(inner); });
    }
    read_messages(fields, counts.messages);
    if (auto status = fields.status(); !status) return status.fault();
    return counts;
}

Json json_of(const MessageCounts& counts) {
    JsonObject out{{"waiting", packages::is_waiting(counts)}};
    if (!counts.account.empty()) out.emplace_back("account", counts.account);
    for (const ClassName& each : kClasses) {
        if (const auto& count = counts[each.message_class])
            out.emplace_back(std::string(each.name), json_of(*count));
    }
    if (counts.messages.empty()) return out;
    JsonArray messages;
    for (const auto& message : counts.messages) messages.push_back(json_of(message));
    out.emplace_back("messages", std::move(messages));
    return out;
}

Result<packages::MailboxSettings> mailbox_settings_of_json(const Json& json) {
    Fields fields(json);
    packages::MailboxSettings settings;
    settings.members = fields.texts("members").value_or(std::vector<std::string>());
    settings.is_per_account = fields.flag("per_account").value_or(false);
    settings.unsolicited = fields.flag("unsolicited");
    fields.object("source", [&](Fields& source) {
        settings.pbx = source.text("pbx").value_or("");
        settings.pbx_user = source.text("user").value_or("");
        if (settings.pbx.empty()) source.refuse("pbx", "expected a name of pbx.servers");
    });
    if (auto status = fields.status(); !status) return status.fault();
    return settings;
}

Json json_of(const packages::MailboxSettings& settings) {
    JsonArray members;
    for (const auto& member : settings.members) members.push_back(member);
    Json source;
    if (!settings.pbx.empty()) {
        source = JsonObject{{"pbx", settings.pbx},
                            {"user", settings.pbx_user.empty() ? Json() : settings.pbx_user}};
    }
    return JsonObject{{"members", std::move(members)},
                      {"per_account", settings.is_per_account},
                      {"unsolicited", settings.unsolicited ? Json(*settings.unsolicited) : Json()},
                      {"source", std::move(source)}};
}

Json json_of(const server::MailboxSource& source) {
    return JsonObject{{"pbx", source.pbx},
                      {"uri", source.uri},
                      {"subscribed", source.is_subscribed},
                      {"why", source.why.empty() ? Json() : Json(source.why)},
                      {"next_s", source.next}};
}

}  // namespace herald::http
