// server/message/incoming_message.cpp: what is known of a MESSAGE that came.
#include "server/message/incoming_message.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "base/text.h"
#include "server/core/answers.h"
#include "server/message/dispositions.h"
#include "server/message/message_text.h"

namespace herald::server {

namespace {

constexpr std::string_view kLoop = ";loop=";

bool has_looped(const sip::Message& request, const Context& context) {
    return is_in_a_via(request, kLoop) &&
           is_in_a_via(request, loop_parameter(context, request.request_uri()));
}

}  // namespace

std::optional<std::uint32_t> max_breadth_of(const sip::Message& request) {
    const auto value = request.header("Max-Breadth");
    if (!value) return std::nullopt;
    return base::to_u32_clamped(*value).value_or(kDefaultBreadth);
}

bool is_in_a_via(const sip::Message& request, std::string_view parameter) {
    const auto& fields = request.fields();
    return std::any_of(fields.begin(), fields.end(), [&](const sip::HeaderField& field) {
        return field.id == sip::Header::via &&
               field.value.find(parameter) != std::string_view::npos;
    });
}

MessageRules rules_of(const Config& config) {
    return {.max_body = config.message_max_body,
            .types = config.message_types,
            .stores = config.message_store,
            .stored_is_200 = config.message_stored_is_200,
            .has_foreign = config.message_foreign};
}

std::string loop_parameter(const Context& context, std::string_view request_uri) {
    const auto hash = base::keyed_hash(context.home.lasting_key, request_uri);
    std::string parameter(kLoop);
    base::append_number(parameter, hash);
    return parameter;
}

std::uint32_t IncomingMessages::take_turn(const IncomingMessage& incoming) const {
    if (incoming.who.is_trusted_peer) return 0;
    const auto& config = context_.config;
    return context_.limits.messages.take(
        incoming.holder, {config.message_rate, config.message_burst}, context_.loop.now());
}

MessageFacts IncomingMessages::facts_of(const IncomingMessage& incoming,
                                        const sip::Message& request, std::size_t devices) const {
    const auto expiry = expiry_of(request, context_.wall());
    const bool is_kept = incoming.recipient == Recipient::user;
    const auto& queue = stored_.queues().of(incoming.aor);
    auto type = message_type(request);
    const bool is_composed = is_composing(type, request.body());
    return {.request = request,
            .sender = incoming.who,
            .recipient = incoming.recipient,
            .devices = devices,
            .is_repetition =
                is_kept && !queue.messages().empty() && queue.knows(context_.mark_of(request)),
            .is_delivering = is_kept && delivery_.is_delivering(incoming.aor),
            .has_room =
                is_kept && stored_.has_room(incoming.aor, incoming.holder, request.body().size()),
            .is_composing = is_composed,
            .is_expired = expiry != base::WallTime{} && expiry <= context_.wall(),
            .has_looped = has_looped(request, context_),
            .wait = incoming.wait,
            .breadth = incoming.max_breadth.value_or(kDefaultBreadth),
            .type = std::move(type),
            .rules = rules_of(context_.config)};
}

base::Budget::Share IncomingMessages::share_of(const IncomingMessage& incoming,
                                               std::size_t bytes) const {
    constexpr std::size_t kBytesBeside = 2000;
    const auto& config = context_.config;
    return context_.limits.relayed_messages.take(
        incoming.holder, bytes + kBytesBeside,
        {.bytes = config.message_in_flight, .bytes_each = config.message_in_flight_per_sender});
}

/// Who waits is answered in time where the message can be kept; else he waits for the device.
base::Duration IncomingMessages::patience_for(const MessageFacts& facts) const {
    if (facts.recipient == Recipient::foreign) return {};
    const auto unanswered = decide_undelivered(facts, answer(408));
    if (std::holds_alternative<sip::Answer>(unanswered)) return {};
    return patience_of(context_.config);
}

store::Message IncomingMessages::message_of(const IncomingMessage& incoming,
                                            const sip::Message& request) const {
    auto message =
        kept_form(request, context_.wall(), std::chrono::seconds(context_.config.message_keep),
                  incoming.who.is_trusted_peer);
    message.recipient = incoming.aor;
    message.sender = incoming.who.aor;
    message.mark = context_.request_mark(request);
    return message;
}

}  // namespace herald::server
