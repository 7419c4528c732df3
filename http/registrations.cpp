// http/registrations.cpp: who is registered where, and contacts set by an operator.
#include "base/text.h"
#include "http/fields.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_registrations.h"

namespace herald::http {

namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kMaxLimit = 1000;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

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

Result<std::uint64_t> number_parameter(const Call& call, std::string_view name,
                                       std::uint64_t otherwise, std::uint64_t most) {
    const auto text = call.parameter(name);
    if (text.empty()) return otherwise;
    const auto number = base::to_u64(text);
    if (!number || *number == 0 || *number > most) {
        return Fault{FaultKind::malformed, std::string(name) + " is \"" + std::string(text) +
                                               "\", expected 1 to " + std::to_string(most)};
    }
    return *number;
}

}  // namespace

Result<Answer> list_registrations(const Call& call) {
    std::string aor;
    if (const auto text = call.parameter("aor"); !text.empty()) {
        auto canonical = aor_of(text);
        if (!canonical) return canonical.fault();
        aor = *std::move(canonical);
    }
    const auto limit = number_parameter(call, "limit", kDefaultLimit, kMaxLimit);
    if (!limit) return limit.fault();
    const auto page = call.context.admin.registrations().page(aor, call.parameter("after"),
                                                              static_cast<std::size_t>(*limit));
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
    const auto page = call.context.admin.registrations().page(*aor, {}, kMaxLimit);
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
    const auto retry_after = number_parameter(call, "retry_after", 0, 86400);
    if (!retry_after) return retry_after.fault();
    if (event == "probation" && *retry_after == 0) {
        return Fault{FaultKind::malformed, "probation needs retry_after, the seconds to wait"};
    }
    const auto done = call.context.admin.registrations().remove(
        *aor, call.parameter("contact"), event, static_cast<std::uint32_t>(*retry_after));
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
