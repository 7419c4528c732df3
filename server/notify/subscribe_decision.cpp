// server/notify/subscribe_decision.cpp: what to do with a SUBSCRIBE, decided from facts alone (RFC
// 6665 4.2.1).
#include "server/notify/subscribe_decision.h"

#include <algorithm>

#include "server/core/answers.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// RFC 6665 4.2.1.1: an hour or more must never be refused as too brief.
constexpr std::uint32_t kNeverTooBrief = 3600;

/// A body on SUBSCRIBE would be a filter (RFC 4660); none is understood, so a required one is
/// refused (RFC 5621 8.1).
bool has_unwanted_body(const sip::Message& request) {
    if (request.body().empty()) return false;
    const auto disposition = request.header(sip::Header::content_disposition);
    return !disposition || disposition->find("handling=optional") == std::string_view::npos;
}

}  // namespace

std::optional<std::uint32_t> asked_expires(const sip::Message& request) {
    const auto value = request.header(sip::Header::expires);
    return value ? sip::parse_delta_seconds(*value) : std::nullopt;
}

std::optional<std::uint32_t> granted_expires(std::optional<std::uint32_t> asked,
                                             const ExpiryRules& rules) {
    const std::uint32_t wanted = asked.value_or(rules.standard);
    if (wanted == 0) return 0;
    if (wanted < rules.minimum && wanted < kNeverTooBrief) {
        return rules.is_clamping ? std::optional(rules.minimum) : std::nullopt;
    }
    return std::min(wanted, rules.maximum);
}

std::variant<SubscribeGrant, sip::Answer> decide(const SubscribeFacts& facts) {
    if (facts.handling == SubHandling::block && facts.is_ours) return answer(403);
    if (!facts.is_ours) return answer(404, "Not a domain of this server");
    if (!facts.is_known) return answer(404);
    if (facts.is_over_limit) return unavailable("Too many subscriptions");

    const auto type = sip::choose_media_type(facts.request, facts.profile.notify_types);
    if (!type) return answer(406);
    if (has_unwanted_body(facts.request)) {
        auto refusal = answer(415);
        refusal.headers = "Accept: \r\n";
        return refusal;
    }
    auto rules = facts.expiry;
    const auto expires = granted_expires(asked_expires(facts.request), rules);
    if (!expires) return interval_too_brief(rules.minimum);
    return SubscribeGrant{*expires, facts.handling == SubHandling::confirm && !facts.was_active,
                          *type};
}

}  // namespace herald::server
