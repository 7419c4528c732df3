// http/hard_state.cpp: documents set for a resource until they are removed (RFC 3903 6, hard
// state), in the media types of its package.
#include <optional>

#include "http/entity_tags.h"
#include "http/negotiation.h"
#include "http/problem.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_hard_state.h"

namespace herald::http {

namespace {

Result<server::HardCondition> hard_condition(const Call& call) {
    auto any_of = entity_tags("If-Match", call.request.if_match);
    if (!any_of) return any_of.fault();
    auto none_of = entity_tags("If-None-Match", call.request.if_none_match);
    if (!none_of) return none_of.fault();
    return server::HardCondition{*std::move(any_of), *std::move(none_of)};
}

}  // namespace

Result<Answer> get_hard_state(const Call& call) {
    const auto aor = aor_of(call.captured[1]);
    if (!aor) return aor.fault();
    const auto condition = hard_condition(call);
    if (!condition) return condition.fault();
    auto state = call.context.admin.hard_state().find(call.captured[0], *aor);
    if (!state) return state.fault();
    if (!is_any_of(*condition, &state->entity_tag)) {
        return Fault{FaultKind::precondition_failed,
                     "What is set here has the entity-tag \"" + state->entity_tag + "\""};
    }
    const auto tag = tag_header(state->entity_tag);
    if (!is_none_of(*condition, &state->entity_tag)) return Answer{304, {}, {}, {tag}};
    return Answer{200, std::move(state->type), std::move(state->body), {tag}};
}

Result<Answer> put_hard_state(const Call& call) {
    const auto aor = aor_of(call.captured[1]);
    if (!aor) return aor.fault();
    const auto condition = hard_condition(call);
    if (!condition) return condition.fault();
    const auto done = call.context.admin.hard_state().put(
        call.captured[0], *aor, media_type(call.request.content_type), call.document, *condition);
    if (!done) return done.fault();
    return Answer{done->is_new ? 201 : 204, {}, {}, {tag_header(done->entity_tag)}};
}

Result<Answer> delete_hard_state(const Call& call) {
    const auto aor = aor_of(call.captured[1]);
    if (!aor) return aor.fault();
    const auto condition = hard_condition(call);
    if (!condition) return condition.fault();
    const auto done = call.context.admin.hard_state().remove(call.captured[0], *aor, *condition);
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace herald::http
