// server/notify/subscribe_decision.cpp: what to do with a SUBSCRIBE, decided from facts alone (RFC
// 6665 4.2.1).
#include "server/notify/subscribe_decision.h"

#include "server/core/answers.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// A body on SUBSCRIBE would be a filter (RFC 4660); none is understood, so a required one is
/// refused (RFC 5621 8.1).
bool has_unwanted_body(const sip::Message& request) {
    if (request.body().empty()) return false;
    const auto disposition = request.header(sip::Header::content_disposition);
    return !disposition || !sip::is_handling_optional(*disposition);
}

/// Whoever could prove more was asked to before.
sip::Answer refusal_of(const Fault& fault) {
    return fault.kind == FaultKind::unauthenticated ? answer(403) : from_fault(fault);
}

std::optional<std::string_view> chosen_type(const SubscribeFacts& facts) {
    if (facts.profile.is_enrolment) return facts.profile.notify_types.front();
    return sip::choose_media_type(facts.request, facts.profile.notify_types);
}

}  // namespace

std::variant<SubscribeGrant, sip::Answer> decide_subscribe(const SubscribeFacts& facts) {
    if (facts.handling == SubHandling::block && facts.is_ours) return answer(403);
    if (!facts.is_ours) return answer(404, "Not a domain of this server");
    if (!facts.is_known) return answer(404);
    if (facts.is_over_limit) return answer(403, "Too many subscriptions");

    if (!facts.manner) return refusal_of(facts.manner.fault());
    const auto type = chosen_type(facts);
    if (!type) return answer(406);
    // That of an enrolment is passed over (RFC 6080 6.3).
    if (!facts.profile.is_enrolment && has_unwanted_body(facts.request)) {
        auto refusal = answer(415);
        refusal.headers = "Accept: \r\n";
        return refusal;
    }
    auto rules = facts.expiry;
    const auto expires = granted_expires(asked_expires(facts.request), rules);
    if (!expires) return interval_too_brief(rules.minimum);
    return SubscribeGrant{*expires, facts.handling == SubHandling::confirm && !facts.was_active,
                          *type, facts.permissions, *facts.manner};
}

}  // namespace herald::server
