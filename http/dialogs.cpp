// http/dialogs.cpp: calls as an operator sees, sets and ends them (RFC 4235).
#include <chrono>

#include "base/text.h"
#include "base/time.h"
#include "http/fields.h"
#include "http/paging.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_dialogs.h"

namespace herald::http {

namespace {

/// Bytes of an id, a Call-ID or a tag.
constexpr std::size_t kMostName = 256;

Json time_or_null(base::WallTime time) {
    if (time == base::WallTime{}) return {};
    return base::to_rfc3339(time.time_since_epoch().count());
}

Json json_of(const pidf::Party& party) {
    if (!party.is_known()) return {};
    return JsonObject{{"uri", text_or_null(party.identity)},
                      {"name", text_or_null(party.display)},
                      {"held", party.is_held}};
}

Json json_of(const server::CallInfo& info) {
    const auto& dialog = info.dialog;
    return JsonObject{
        {"aor", info.aor},
        {"id", info.id},
        {"state", pidf::name_of(dialog.state)},
        {"direction", text_or_null(pidf::name_of(dialog.direction))},
        {"local", json_of(dialog.local)},
        {"remote", json_of(dialog.remote)},
        {"call_id", text_or_null(dialog.call_id)},
        {"local_tag", text_or_null(dialog.local_tag)},
        {"remote_tag", text_or_null(dialog.remote_tag)},
        {"source", info.source},
        {"publisher", text_or_null(info.publisher)},
        {"said_at", time_or_null(info.said_at)},
        {"age", static_cast<std::int64_t>(info.age.count())},
        {"until", time_or_null(info.until)},
        {"suspicious", info.is_suspicious},
    };
}

Json json_of(const std::vector<server::CallInfo>& calls) {
    JsonArray rows;
    for (const auto& call : calls) rows.push_back(json_of(call));
    return rows;
}

std::string name_in(Fields& fields, std::string_view name) {
    auto text = fields.text(name).value_or("");
    if (text.size() > kMostName) fields.refuse(name, "it is too long");
    return text;
}

pidf::Party party_in(Fields& fields, std::string_view name) {
    pidf::Party party;
    fields.object(name, [&party](Fields& inside) {
        party.identity = name_in(inside, "uri");
        party.display = name_in(inside, "name");
        inside.flag("held");
    });
    return party;
}

struct WantedCall {
    pidf::Dialog dialog;
    std::optional<std::uint32_t> expires;
};

Result<WantedCall> call_of_json(const Json& json, const std::string& id) {
    WantedCall wanted;
    auto& dialog = wanted.dialog;
    Fields fields(json);
    dialog.id = id;
    const auto state = pidf::dialog_state(fields.text("state").value_or(""));
    if (!state)
        fields.refuse("state", "expected trying, proceeding, early, confirmed or terminated");
    dialog.state = state.value_or(pidf::DialogState::trying);
    if (const auto text = fields.text("direction")) {
        const auto direction = pidf::dialog_direction(*text);
        if (!direction) fields.refuse("direction", "expected initiator or recipient");
        dialog.direction = direction.value_or(pidf::Direction::unknown);
    }
    dialog.local = party_in(fields, "local");
    dialog.remote = party_in(fields, "remote");
    dialog.call_id = name_in(fields, "call_id");
    dialog.local_tag = name_in(fields, "local_tag");
    dialog.remote_tag = name_in(fields, "remote_tag");
    wanted.expires = fields.number("expires");
    if (wanted.expires == 0u) fields.refuse("expires", "expected at least a second");
    if (const auto status = fields.status(); !status) return status.fault();
    return wanted;
}

Result<server::CallQuery> call_query(const Call& call) {
    server::CallQuery query;
    query.after = call.parameter("after");
    const auto suspicious = call.parameter("suspicious");
    if (!suspicious.empty() && suspicious != "true" && suspicious != "false")
        return Fault{FaultKind::malformed, "suspicious is neither true nor false"};
    query.is_suspicious = suspicious == "true";
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    query.limit = *limit;
    return query;
}

}  // namespace

Result<Answer> list_dialogs(const Call& call) {
    const auto query = call_query(call);
    if (!query) return query.fault();
    const auto page = call.context.admin.dialogs().page(*query);
    if (!page) return page.fault();
    return json_answer(JsonObject{
        {"dialogs", json_of(page->rows)},
        {"next", text_or_null(page->next)},
    });
}

Result<Answer> get_dialogs(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto calls = call.context.admin.dialogs().calls(*aor);
    if (!calls) return calls.fault();
    return json_answer(JsonObject{{"dialogs", json_of(*calls)}});
}

Result<Answer> put_dialog(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto& id = call.captured[1];
    if (id.size() > kMostName) return Fault{FaultKind::malformed, "the id is too long"};
    auto wanted = call_of_json(call.body, id);
    if (!wanted) return wanted.fault();
    const auto status =
        call.context.admin.dialogs().put(*aor, std::move(wanted->dialog), wanted->expires);
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> get_dialog_keeper(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto keeper = call.context.admin.dialogs().keeper(*aor);
    if (!keeper) return keeper.fault();
    return json_answer(
        JsonObject{{"pbx", text_or_null(keeper->pbx)}, {"user", text_or_null(keeper->user)}});
}

Result<Answer> put_dialog_keeper(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    Fields fields(call.body);
    packages::DialogKeeper keeper{name_in(fields, "pbx"), name_in(fields, "user")};
    if (const auto status = fields.status(); !status) return status.fault();
    const auto status = call.context.admin.dialogs().put_keeper(*aor, std::move(keeper));
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> delete_dialog_keeper(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto status = call.context.admin.dialogs().put_keeper(*aor, {});
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> delete_dialogs(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    std::optional<std::string> id;
    if (call.captured.size() > 1) id = call.captured[1];
    const auto status = call.context.admin.dialogs().end(*aor, std::move(id));
    if (!status) return status.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
