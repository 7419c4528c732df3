// server/notify/subscribe_intake.cpp: what every SUBSCRIBE goes through.
#include "server/notify/subscribe_intake.h"

#include <algorithm>

#include "server/address/own_address.h"
#include "server/core/answers.h"
#include "server/core/credit.h"
#include "server/core/judge.h"

namespace herald::server {

namespace {

ExpiryRules expiry_rules(const Config& config, const packages::Profile& profile) {
    ExpiryRules rules;
    rules.maximum =
        config.subscribe_max_expires ? config.subscribe_max_expires : profile.max_expires;
    rules.minimum = std::min(config.subscribe_min_expires, rules.maximum);
    rules.standard = std::min(profile.default_expires, rules.maximum);
    rules.is_clamping = config.subscribe_clamp;
    return rules;
}

}  // namespace

void SubscribeIntake::refuse(const IncomingSubscribe& incoming, const sip::Answer& answer) {
    context_.stack.answer(incoming.transaction, answer);
}

void SubscribeIntake::turn_away(const IncomingSubscribe& incoming) {
    context_.stack.answer_and_forget(incoming.transaction, unavailable("Busy"));
}

void SubscribeIntake::refuse_uncommitted(const IncomingSubscribe& incoming,
                                         store::Outcome outcome) {
    if (outcome == store::Outcome::unknown) return context_.stack.abandon(incoming.transaction);
    refuse(incoming, unavailable("The store is not available"));
}

bool SubscribeIntake::authenticate(IncomingSubscribe& incoming, const Request& request) {
    auto result = context_.authenticator.authenticate(request.message, incoming.flow, {},
                                                      request.from ? &*request.from : nullptr);
    if (auto* refusal = std::get_if<AuthenticationRefusal>(&result)) {
        if (refusal->is_challenge) {
            context_.stack.answer_and_forget(incoming.transaction, refusal->answer);
        } else {
            refuse(incoming, refusal->answer);
        }
        return false;
    }
    incoming.who = std::get<Identity>(std::move(result));
    return true;
}

SubscribeFacts SubscribeIntake::gather(const IncomingSubscribe& incoming,
                                       const sip::Message& request, std::string_view aor,
                                       const Subscription* existing, bool is_over_limit) const {
    const auto& profile = incoming.package->profile();
    const auto judgement = with_once(judge(context_, *incoming.package, aor, incoming.who),
                                     existing ? existing->once : Once::nothing);
    const bool is_known = existing || (!incoming.is_nobody && context_.knows(aor));
    return SubscribeFacts{.request = request,
                          .profile = profile,
                          .handling = judgement.handling,
                          .is_ours = existing || incoming.is_ours,
                          .is_known = is_known,
                          .is_in_dialog = existing != nullptr,
                          .is_over_limit = is_over_limit,
                          .was_active = existing && existing->state == SubscriptionState::active,
                          .expiry = expiry_rules(context_.config, profile),
                          .permissions = judgement.permissions};
}

sip::Approach SubscribeIntake::approach_of(const IncomingSubscribe& incoming,
                                           const sip::Message& request, std::string_view contact,
                                           std::string_view routes) const {
    const auto uri = sip::parse_uri(contact);
    const auto listeners = context_.stack.transport().listeners();
    return sip::approach_of(
        {.request = request,
         .flow = incoming.flow,
         .contact = uri ? &*uri : nullptr,
         .routes = routes,
         .is_contact_ours = uri && is_own_address(*uri, context_.domains, listeners)});
}

std::uint16_t SubscribeIntake::credit_of(const Identity& who,
                                         const sip::Message& request) noexcept {
    return static_cast<std::uint16_t>(
        std::min<std::size_t>(UINT16_MAX, server::credit_of(who, request.bytes().size())));
}

}  // namespace herald::server
