// http/registrations.cpp: who is registered where, and contacts set by an operator.
#include "base/text.h"
#include "http/fields.h"
#include "http/paging.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_registrations.h"

namespace herald::http {

namespace {

constexpr std::uint32_t kLongestRetryAfter = 86400;

Json json_of(const server::RegistrationInfo& info) {
    JsonArray parameters;
    for (const auto& parameter : info.parameters) parameters.push_back(parameter);
    return JsonObject{
        {"id", info.id},
        {"aor", info.aor},
        {"contact", info.contact},
        {"display_name", text_or_null(info.display_name)},
        {"parameters", std::move(parameters)},
        {"instance", text_or_null(info.instance)},
        {"reg_id", info.reg_id == 0 ? Json() : Json(info.reg_id)},
        {"public_gruu", text_or_null(info.public_gruu)},
        {"path", text_or_null(info.path)},
        {"flow", text_or_null(info.flow)},
        {"certificate", text_or_null(info.certificate)},
        {"user_agent", text_or_null(info.user_agent)},
        {"call_id", text_or_null(info.call_id)},
        {"cseq", info.call_id.empty() ? Json() : Json(info.cseq)},
        {"publisher", text_or_null(info.publisher)},
        {"created", base::to_rfc3339(info.created.time_since_epoch().count())},
        {"expires_at", info.expires_at
                           ? Json(base::to_rfc3339(info.expires_at->time_since_epoch().count()))
                           : Json()},
    };
}

/// Seconds; 0 where it is not said.
Result<std::uint32_t> retry_after_of(const Call& call) {
    const auto text = call.parameter("retry_after");
    if (text.empty()) return 0u;
    const auto seconds = base::to_u64(text);
    if (!seconds || *seconds == 0 || *seconds > kLongestRetryAfter) {
        return Fault{FaultKind::malformed,
                     "retry_after is \"" + std::string(text) + "\", expected 1 to 86400"};
    }
    return static_cast<std::uint32_t>(*seconds);
}

}  // namespace

Result<Answer> list_registrations(const Call& call) {
    const auto aor = aor_parameter(call, "aor");
    if (!aor) return aor.fault();
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto page =
        call.context.admin.registrations().page(*aor, call.parameter("after"), *limit);
    if (!page) return page.fault();

    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{
        {"registrations", std::move(rows)},
        {"total", page->total},
        {"next", text_or_null(page->next)},
    });
}

Result<Answer> get_registrations(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto page = call.context.admin.registrations().page(*aor, {}, kMostRows);
    if (!page) return page.fault();
    if (page->rows.empty())
        return Fault{FaultKind::not_found, "No contact of " + *aor + " is registered"};
    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{{"registrations", std::move(rows)}});
}

Result<Answer> put_registration(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    Fields fields(call.body);
    const auto contact = fields.text("contact");
    const auto expires = fields.number("expires");
    const auto path = fields.text("path");
    if (!contact) fields.refuse("contact", "expected the URI to register");
    if (auto status = fields.status(); !status) return status.fault();
    const auto done = call.context.admin.registrations().put(*aor, *contact, expires.value_or(0),
                                                             path.value_or(""));
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> delete_registration(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    std::string_view event = call.parameter("event");
    if (event.empty()) event = "deactivated";
    const auto retry_after = retry_after_of(call);
    if (!retry_after) return retry_after.fault();
    if (event == "probation" && *retry_after == 0) {
        return Fault{FaultKind::malformed, "probation needs retry_after, the seconds to wait"};
    }
    const auto done = call.context.admin.registrations().remove(*aor, call.parameter("contact"),
                                                                event, *retry_after);
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
