// server/notify/subscribe_intake.cpp: what every SUBSCRIBE goes through.
#include "server/notify/subscribe_intake.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
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

/// Those of Event.
std::vector<std::pair<std::string_view, std::string>> parameters_of(const sip::Message& request) {
    std::vector<std::pair<std::string_view, std::string>> all;
    auto rest = base::split_once(request.header(sip::Header::event).value_or(""), ';').after;
    while (const auto parameter = sip::next_parameter(rest))
        all.emplace_back(parameter->name, sip::unquote(parameter->value));
    return all;
}

/// From is anonymous.
bool claims_nobody(const sip::Message& request) {
    const auto from = sip::parse_name_address(request.from());
    const auto uri = from ? sip::parse_uri(from->uri) : sip::parse_uri(std::string_view());
    return uri && is_anonymous(sip::canonical_aor(*uri));
}

}  // namespace

void SubscribeIntake::refuse(const IncomingSubscribe& incoming, const sip::Answer& answer) {
    context_.stack.answer(incoming.transaction, answer);
}

void SubscribeIntake::grant(const IncomingSubscribe& incoming, sip::Answer answer,
                            Subscription& record) {
    answer.headers += incoming.who.success_lines;
    const auto bytes = context_.stack.answer_and_weigh(incoming.transaction, answer);
    if (!incoming.who.aor.empty() || incoming.who.is_address_proven) return;
    record.credit -= static_cast<std::uint16_t>(std::min<std::size_t>(record.credit, bytes));
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
    auto manner = profile.has_manners ? manner_of(incoming, request, aor, existing)
                                      : Result<std::string>(std::string());
    auto expiry = expiry_rules(context_.config, profile);
    if (manner)
        expiry.standard = std::min(incoming.package->default_expires(*manner), expiry.maximum);
    const bool is_known =
        existing || profile.is_enrolment || (!incoming.is_nobody && context_.knows(aor));
    return SubscribeFacts{.request = request,
                          .profile = profile,
                          .handling = judgement.handling,
                          .is_ours = existing || incoming.is_ours,
                          .is_known = is_known,
                          .is_in_dialog = existing != nullptr,
                          .is_over_limit = is_over_limit,
                          .was_active = existing && existing->state == SubscriptionState::active,
                          .expiry = expiry,
                          .permissions = judgement.permissions,
                          .manner = std::move(manner)};
}

bool SubscribeIntake::admits_anonymous(IncomingSubscribe& incoming, const sip::Message& request,
                                       const Subscription* existing) const {
    if (!incoming.package->profile().is_enrolment) return false;
    if (context_.config.auth != AuthMode::digest ||
        context_.authenticator.is_trusted(incoming.flow))
        return false;
    if (request.count(sip::Header::authorization) > 0 || !claims_nobody(request)) return false;
    if (existing) return existing->get(PackedText::Part::watcher).empty();
    return manner_of(incoming, request, incoming.aor, nullptr).has_value();
}

Result<std::string> SubscribeIntake::manner_of(const IncomingSubscribe& incoming,
                                               const sip::Message& request, std::string_view aor,
                                               const Subscription* existing) const {
    const auto& who = incoming.who;
    const auto parameters = parameters_of(request);
    const auto accepted = request.list(sip::Header::accept);
    const auto address = incoming.flow.peer.host();
    const auto transport = base::lower(sip::via_name(incoming.flow.protocol));
    const auto judgement = judge(context_, *incoming.package, aor, who);
    const auto& installed = context_.resources.installed(*incoming.package);
    packages::Asked asked;
    asked.aor = aor;
    asked.parameters = parameters;
    asked.has_accept = request.count(sip::Header::accept) > 0;
    asked.accepted = accepted;
    if (!is_anonymous(who.aor)) asked.watcher = who.aor;
    if (who.account) {
        asked.username = who.account->username;
        asked.wants_partial_dialogs = who.account->wants_partial_dialogs;
    }
    const auto contact = sip::sole_contact(request);
    asked.contact = contact    ? contact->uri
                    : existing ? existing->get(PackedText::Part::remote_target)
                               : std::string_view();
    asked.instance =
        existing ? existing->get(PackedText::Part::instance) : std::string_view(incoming.instance);
    asked.user_agent = request.header(sip::Header::user_agent).value_or("");
    asked.address = address;
    asked.transport = transport;
    asked.is_protected = sip::is_secure(incoming.flow.protocol);
    asked.can_prove = context_.config.auth == AuthMode::digest;
    asked.is_known = !incoming.is_nobody && context_.knows(aor);
    asked.is_owner =
        judgement.is_active() && (judgement.decided_by != DecidedBy::package || who.is_open);
    if (existing) {
        asked.earlier =
            context_.resources[existing->resource].views[existing->view].audience().manner;
    }
    asked.settings = installed.settings.get();
    asked.common = installed.common.get();
    return incoming.package->manner(asked);
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
    const auto credit = server::credit_of(who, request.bytes().size());
    return static_cast<std::uint16_t>(std::min<std::size_t>(UINT16_MAX, credit));
}

}  // namespace herald::server
