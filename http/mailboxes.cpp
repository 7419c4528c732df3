// http/mailboxes.cpp: message counters of mailboxes (RFC 3842) as a voicemail server sets them, and
// the settings of mailboxes.
#include "http/mailbox_documents.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_hard_state.h"
#include "server/admin/admin_mailboxes.h"
#include "server/admin/admin_resources.h"

namespace herald::http {

namespace {

constexpr std::string_view kPackage = "message-summary";

/// The body that `source` of the query asks for: all sources summed, or only what PUT has set.
Result<std::string> body_of(const server::ResourceInfo& resource, std::string_view source) {
    if (source.empty()) return resource.body;
    if (source != "here") {
        return Fault{FaultKind::malformed, "source is \"" + std::string(source) +
                                               "\", expected here, or nothing for the sum of all"};
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
    const auto resource = call.context.admin.resources().find(kPackage, *aor);
    if (!resource) return resource.fault();
    const auto body = body_of(*resource, call.parameter("source"));
    if (!body) return body.fault();
    auto counts = packages::parse_message_summary(*body, packages::MessageList::kept);
    // For a server that lists no messages: anything may follow the counters.
    if (!counts) counts = packages::parse_message_summary(*body);
    if (!counts) return counts.fault();
    return json_answer(json_of(*counts));
}

Result<Answer> put_mailbox(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto counts = counts_of_json(call.body);
    if (!counts) return counts.fault();
    const auto status = call.context.admin.hard_state().put(
        kPackage, *aor, packages::kSimpleMessageSummary, packages::to_body(*counts, {}), {});
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> delete_mailbox(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.hard_state().remove(kPackage, *aor, {});
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> get_mailbox_settings(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto settings = call.context.admin.mailboxes().settings(*aor);
    if (!settings) return settings.fault();
    return json_answer(json_of(*settings));
}

Result<Answer> put_mailbox_settings(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    auto settings = mailbox_settings_of_json(call.body);
    if (!settings) return settings.fault();
    const auto status = call.context.admin.mailboxes().put_settings(*aor, *std::move(settings));
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> delete_mailbox_settings(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.mailboxes().put_settings(*aor, {});
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> get_mailbox_source(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto source = call.context.admin.mailboxes().source(*aor);
    if (!source) return source.fault();
    return json_answer(json_of(*source));
}

Result<Answer> ask_mailbox_source(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.mailboxes().ask_source(*aor);
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
