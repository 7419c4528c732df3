// http/messages.cpp: messages sent by an operator, and those kept for users who are not there.
#include "base/text.h"
#include "http/fields.h"
#include "http/paging.h"
#include "http/resource_json.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_messages.h"

namespace herald::http {

namespace {

Json json_of(const server::MessageInfo& info, bool with_body) {
    JsonObject object{
        {"id", info.id},
        {"aor", info.aor},
        {"from", info.from},
        {"subject", text_or_null(info.subject)},
        {"type", text_or_null(info.type)},
        {"size", info.size},
        {"date", time_of(info.date)},
        {"kept_until", time_of(info.kept_until)},
    };
    // A body that is not text can be had by SIP only.
    if (with_body) {
        const bool is_text = base::is_utf8(info.body);
        object.emplace_back("body", is_text ? Json(info.body) : Json());
    }
    return object;
}

/// What a message that was sent is answered.
Result<Answer> answer_of(const Result<int>& done) {
    if (!done) return done.fault();
    return json_answer(JsonObject{{"delivered", *done == 200}}, *done);
}

}  // namespace

Result<Answer> send_message(const Call& call) {
    Fields fields(call.body);
    server::MessageOrder order;
    const auto from = fields.text("from");
    const auto to = fields.text("to");
    const auto body = fields.text("body");
    order.type = fields.text("type").value_or("text/plain;charset=UTF-8");
    order.subject = fields.text("subject").value_or("");
    order.expires = fields.number("expires").value_or(0);
    if (!from) fields.refuse("from", "expected the address-of-record that sends it");
    if (!to) fields.refuse("to", "expected the address-of-record it is for");
    if (!body) fields.refuse("body", "expected the text");
    if (auto status = fields.status(); !status) return status.fault();
    const auto sender = aor_of(*from);
    if (!sender) return sender.fault();
    const auto recipient = aor_of(*to);
    if (!recipient) return recipient.fault();
    order.from = *sender;
    order.to = *recipient;
    order.body = *body;
    const auto late = [tell = call.late](const Result<int>& done) {
        if (tell) tell(answer_of(done));
    };
    return answer_of(call.context.admin.messages().send(order, late));
}

Result<Answer> list_messages(const Call& call) {
    const auto aor = aor_parameter(call, "aor");
    if (!aor) return aor.fault();
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const bool with_bodies = call.parameter("bodies") == "true";
    const auto page =
        call.context.admin.messages().page(*aor, call.parameter("after"), *limit, with_bodies);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info, with_bodies));
    return json_answer(JsonObject{
        {"messages", std::move(rows)},
        {"total", page->total},
        {"next", text_or_null(page->next)},
    });
}

/// Ids are numbers, and pages go by them.
Result<Answer> get_message(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto& id = call.captured[1];
    const auto number = base::to_u64(id);
    const Fault missing{FaultKind::not_found, "There is no message " + id + " for " + *aor};
    if (!number || *number == 0) return missing;
    const auto page =
        call.context.admin.messages().page(*aor, std::to_string(*number - 1), 1, true);
    if (!page) return page.fault();
    if (page->rows.empty() || page->rows.front().id != id) return missing;
    return json_answer(json_of(page->rows.front(), true));
}

Result<Answer> delete_messages(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const std::string id = call.captured.size() > 1 ? call.captured[1] : std::string();
    const auto done = call.context.admin.messages().remove(*aor, id);
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
