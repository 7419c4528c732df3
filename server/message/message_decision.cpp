// server/message/message_decision.cpp: what to do with a MESSAGE, decided from facts alone (RFC
// 3428).
#include "server/message/message_decision.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "server/core/answers.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

using Checked = std::optional<sip::Answer>;

/// An option tag of Proxy-Require is for proxies, of which extensions there are none here.
Checked check_proxy_require(const sip::Message& request) {
    std::string tags;
    for (const auto tag : request.list(sip::Header::proxy_require)) {
        if (!tags.empty()) tags += ", ";
        tags += tag;
    }
    if (tags.empty()) return std::nullopt;
    auto refusal = answer(420);
    refusal.headers = "Unsupported: " + tags + "\r\n";
    return refusal;
}

/// A server that keeps a message is a UAS and has to understand what it requires (RFC 3261
/// 8.2.2.3).
Checked check_require(const sip::Message& request) {
    std::string tags;
    for (const auto tag : request.list(sip::Header::require)) {
        if (is_supported(tag)) continue;
        if (!tags.empty()) tags += ", ";
        tags += tag;
    }
    if (tags.empty()) return std::nullopt;
    auto refusal = answer(420);
    refusal.headers = "Unsupported: " + tags + "\r\n";
    return refusal;
}

Checked check_body(const MessageFacts& facts) {
    const auto& rules = facts.rules;
    if (facts.request.body().size() > rules.max_body) return answer(413, "The body is too long");
    if (is_taken(facts.type, rules.types)) return std::nullopt;
    auto refusal = answer(415);
    refusal.headers = "Accept: ";
    for (const auto& type : rules.types) {
        if (&type != &rules.types.front()) refusal.headers += ", ";
        refusal.headers += type;
    }
    refusal.headers += "\r\n";
    return refusal;
}

/// RFC 3261 16.3, RFC 5393: what is checked before a request is sent on.
Checked check_relay(const MessageFacts& facts) {
    if (facts.request.header(sip::Header::max_forwards) == "0") return answer(483);
    if (facts.has_looped) return answer(482);
    if (facts.devices > facts.breadth) return answer(440);
    return check_proxy_require(facts.request);
}

std::variant<MessageOperation, sip::Answer> decide_foreign(const MessageFacts& facts) {
    if (!facts.rules.has_foreign) return answer(404);
    // Never an open relay: the sender is one of our users, and authenticated.
    const bool is_ours = facts.sender.account && !facts.sender.is_open;
    if (!is_ours) return answer(403, "Only users of this server may write to other domains");
    if (auto refusal = check_relay(facts)) return *std::move(refusal);
    return MessageOperation::forward;
}

/// The user is not there, or older messages come first.
std::variant<MessageOperation, sip::Answer> decide_storage(const MessageFacts& facts) {
    if (facts.is_composing) return MessageOperation::drop;
    const bool is_kept = facts.rules.stores && facts.recipient == Recipient::user;
    if (!is_kept) return answer(480);
    if (auto refusal = check_require(facts.request)) return *std::move(refusal);
    if (!facts.has_room) return answer(480, "The recipient has too many messages waiting");
    return MessageOperation::store;
}

}  // namespace

bool is_absence(int status) noexcept {
    return status == 408 || status == 480 || status == 430;
}

bool is_worth_keeping(int status) noexcept {
    return is_absence(status) || status == 404;
}

bool is_taken(std::string_view type, const std::vector<std::string>& types) {
    return types.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& each) {
               if (!each.ends_with("/*")) return each == type;
               return type.starts_with(std::string_view(each).substr(0, each.size() - 1));
           });
}

std::string message_type(const sip::Message& request) {
    const auto value = request.header(sip::Header::content_type);
    if (!value) return "text/plain";
    auto type = sip::parse_media_type(*value);
    return type ? *std::move(type) : std::string("application/octet-stream");
}

sip::Answer accepted(const MessageRules& rules) {
    return answer(rules.stored_is_200 ? 200 : 202);
}

std::variant<MessageOperation, sip::Answer> decide_message(const MessageFacts& facts) {
    if (facts.is_repetition) return MessageOperation::repeat;
    if (facts.recipient == Recipient::nobody) return answer(404);
    if (facts.wait > 0) {
        auto refusal = answer(480, "Too many messages");
        refusal.retry_after = facts.wait;
        return refusal;
    }
    if (auto refusal = check_body(facts)) return *std::move(refusal);
    if (facts.recipient == Recipient::foreign) return decide_foreign(facts);
    if (facts.is_expired) return MessageOperation::expire;
    // Messages stay in order; that somebody is typing is worth nothing later.
    const bool must_queue = facts.is_delivering && !facts.is_composing && facts.has_room;
    if (facts.devices == 0 || (must_queue && facts.recipient == Recipient::user))
        return decide_storage(facts);
    if (auto refusal = check_relay(facts)) return *std::move(refusal);
    return MessageOperation::relay;
}

std::variant<MessageOperation, sip::Answer> decide_undelivered(const MessageFacts& facts,
                                                               const sip::Answer& best) {
    const bool is_user = facts.recipient == Recipient::user;
    if (is_user ? !is_worth_keeping(best.status) : !is_absence(best.status)) return best;
    auto decision = decide_storage(facts);
    // If a device gave that answer itself, its own is the better one.
    const auto* refusal = std::get_if<sip::Answer>(&decision);
    if (refusal && refusal->status == 480 && best.status == 480 && refusal->reason.empty())
        return best;
    return decision;
}

}  // namespace herald::server
