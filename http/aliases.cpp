// http/aliases.cpp: addresses that stand for another one.
#include "http/fields.h"
#include "http/paging.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_aliases.h"

namespace herald::http {

namespace {

Json json_of(const store::Alias& alias) {
    return JsonObject{{"aor", alias.aor}, {"resource", alias.resource}};
}

}  // namespace

Result<Answer> list_aliases(const Call& call) {
    const auto resource = aor_parameter(call, "resource");
    if (!resource) return resource.fault();
    const auto after = aor_parameter(call, "after");
    if (!after) return after.fault();
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto page = call.context.admin.aliases().page(*resource, *after, *limit);
    if (!page) return page.fault();

    JsonArray rows;
    for (const auto& alias : page->rows) rows.push_back(json_of(alias));
    return json_answer(JsonObject{
        {"aliases", std::move(rows)},
        {"total", page->total},
        {"next", text_or_null(page->next)},
    });
}

Result<Answer> get_alias(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto alias = call.context.admin.aliases().find(*aor);
    if (!alias) return alias.fault();
    return json_answer(json_of(*alias));
}

Result<Answer> put_alias(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    Fields fields(call.body);
    const auto text = fields.text("resource");
    if (!text) fields.refuse("resource", "expected the address that this one stands for");
    if (auto status = fields.status(); !status) return status.fault();
    const auto resource = aor_of(*text);
    if (!resource) return resource.fault();
    const auto is_new = call.context.admin.aliases().put(*aor, *resource);
    if (!is_new) return is_new.fault();
    return json_answer(json_of(store::Alias{*aor, *resource}), *is_new ? 201 : 200);
}

Result<Answer> delete_alias(const Call& call) {
    const auto aor = aor_of(call.captured[0]);
    if (!aor) return aor.fault();
    const auto done = call.context.admin.aliases().remove(*aor);
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
