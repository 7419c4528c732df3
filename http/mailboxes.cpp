// http/mailboxes.cpp: message counters of mailboxes (RFC 3842) as a voicemail server sets them, and
// the settings of mailboxes.
#include <array>

#include "base/text.h"
#include "http/fields.h"
#include "http/routes.h"
#include "http/target.h"
#include "packages/mailbox.h"
#include "packages/message_counts.h"
#include "sip/uri.h"

namespace herald::http {

namespace {

using packages::MessageClass;
using packages::MessageCount;
using packages::MessageCounts;

constexpr std::string_view kPackage = "message-summary";

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

Result<MessageCounts> counts_of(const Json& json) {
    Fields fields(json);
    MessageCounts counts;
    counts.waiting = fields.flag("waiting");
    if (const auto account = fields.text("account")) {
        if (!sip::parse_uri(*account))
            fields.refuse("account", "want a URI like sip:voicemail@example.com");
        counts.account = *account;
    }
    for (const ClassName& each : kClasses) {
        fields.object(each.name,
                      [&](Fields& inner) { counts[each.message_class] = read_count(inner); });
    }
    if (auto status = fields.status(); !status) return status.fault();
    return counts;
}

Json json_of(const MessageCount& count) {
    return JsonObject{
        {"new", count.fresh},
        {"old", count.old},
        {"urgent_new", count.urgent_fresh},
        {"urgent_old", count.urgent_old},
    };
}

Json json_of(const MessageCounts& counts) {
    JsonObject out{{"waiting", packages::is_waiting(counts)}};
    if (!counts.account.empty()) out.emplace_back("account", counts.account);
    for (const ClassName& each : kClasses) {
        if (const auto& count = counts[each.message_class])
            out.emplace_back(std::string(each.name), json_of(*count));
    }
    return out;
}

Result<packages::MailboxSettings> settings_of(const Json& json) {
    Fields fields(json);
    packages::MailboxSettings settings;
    settings.members = fields.texts("members").value_or(std::vector<std::string>());
    settings.unsolicited = fields.flag("unsolicited");
    fields.object("source", [&](Fields& source) {
        settings.pbx = source.text("pbx").value_or("");
        settings.pbx_user = source.text("user").value_or("");
        if (settings.pbx.empty()) source.refuse("pbx", "want a name of mwi.pbx");
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
                      {"unsolicited", settings.unsolicited ? Json(*settings.unsolicited) : Json()},
                      {"source", std::move(source)}};
}

/// The body that `source` of the query asks for: all sources summed, or only what PUT has set.
Result<std::string> body_of(const server::ResourceInfo& resource, std::string_view source) {
    if (source.empty()) return resource.body;
    if (source != "here") {
        return Fault{FaultKind::malformed, "source is \"" + std::string(source) +
                                               "\", want here, or nothing for the sum of all"};
    }
    for (const server::PublicationInfo& publication : resource.publications) {
        if (publication.source == server::kHardSource) return publication.body;
    }
    return Fault{FaultKind::not_found, "Nothing is set here"};
}

}  // namespace

Result<Answer> get_mailbox(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto resource = call.context.admin.resource(kPackage, *aor);
    if (!resource) return resource.fault();
    const auto body = body_of(*resource, call.parameter("source"));
    if (!body) return body.fault();
    const auto counts = packages::parse_message_summary(*body);
    if (!counts) return counts.fault();
    return json_answer(json_of(*counts));
}

Result<Answer> put_mailbox(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto counts = counts_of(call.body);
    if (!counts) return counts.fault();
    const auto status = call.context.admin.put_hard_state(
        kPackage, *aor, packages::kSimpleMessageSummary, packages::to_body(*counts, {}), {});
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> delete_mailbox(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.remove_hard_state(kPackage, *aor, {});
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> get_mailbox_settings(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto settings = call.context.admin.mailbox_settings(*aor);
    if (!settings) return settings.fault();
    return json_answer(json_of(*settings));
}

Result<Answer> put_mailbox_settings(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    auto settings = settings_of(call.body);
    if (!settings) return settings.fault();
    const auto status = call.context.admin.put_mailbox_settings(*aor, *std::move(settings));
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> delete_mailbox_settings(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.put_mailbox_settings(*aor, {});
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
