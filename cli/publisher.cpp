// cli/publisher.cpp: keeps one publication alive.
#include "cli/publisher.h"

#include <algorithm>

namespace herald::cli {
namespace {

using std::chrono::seconds;

/// Between a refresh that failed and the next.
constexpr std::uint32_t kRepublishAfter = 5;

}  // namespace

Publisher::Publisher(UserAgent& agent, Options options, Listener& listener)
    : agent_(agent), options_(std::move(options)), listener_(listener) {}

Publisher::~Publisher() {
    agent_.forget(exchange_);
    agent_.loop().timers().cancel(timer_);
}

void Publisher::publish() {
    send(Intent::publish);
}

void Publisher::remove() {
    agent_.loop().timers().cancel(timer_);
    is_removal_wanted_ = true;
    // One PUBLISH at a time (RFC 3903 4): its answer brings the entity-tag to remove.
    if (exchange_ != 0) return;
    // Between the loss of a publication and the next try there is nothing to remove.
    if (options_.entity_tag.empty()) return listener_.on_removed();
    send(Intent::remove);
}

void Publisher::send(Intent intent) {
    intent_ = intent;
    OutgoingRequest request;
    request.method = sip::Method::publish;
    request.uri = options_.resource;
    request.from = "<" + options_.publisher + ">;tag=" + tag_;
    request.to = "<" + options_.resource + ">";
    request.call_id = call_id_;
    request.cseq = ++cseq_;
    const std::uint32_t expires = intent == Intent::remove ? 0 : options_.expires;
    request.headers =
        "Event: " + options_.event + "\r\nExpires: " + std::to_string(expires) + "\r\n";
    if (!options_.entity_tag.empty())
        request.headers += "SIP-If-Match: " + options_.entity_tag + "\r\n";
    if (intent == Intent::publish) {
        request.content_type = options_.content_type;
        request.body = options_.body;
    }
    exchange_ = agent_.send(std::move(request), [this](const Reply& reply) { on_reply(reply); });
}

void Publisher::on_reply(const Reply& reply) {
    exchange_ = 0;
    cseq_ = std::max(cseq_, reply.cseq);
    if (intent_ == Intent::remove) return on_removal_answered(reply);
    if (reply.status / 100 == 2) return on_accepted(reply);
    if (is_removal_wanted_) {
        if (!options_.entity_tag.empty()) return send(Intent::remove);
        return listener_.on_removed();
    }
    const auto least = reply.delta_seconds(sip::Header::min_expires);
    if (reply.status == 423 && least && *least > options_.expires) {
        options_.expires = *least;
        return send(intent_);
    }
    if (was_published_) return on_refresh_failed(reply);
    listener_.on_failed(reply);
}

void Publisher::on_accepted(const Reply& reply) {
    const auto tag = reply.message ? reply.message->header(sip::Header::sip_etag) : std::nullopt;
    options_.entity_tag = tag.value_or("");
    const std::uint32_t granted =
        reply.delta_seconds(sip::Header::expires).value_or(options_.expires);
    was_published_ = true;
    listener_.on_published(options_.entity_tag, granted, intent_ == Intent::refresh);
    if (is_removal_wanted_) return send(Intent::remove);
    // A server that hands out no entity-tag cannot be told what to refresh: publish the whole
    // again.
    const Intent next = options_.entity_tag.empty() ? Intent::publish : Intent::refresh;
    if (options_.keep) again(base::Duration(seconds(std::max(granted, 1U))) * 4 / 5, next);
}

void Publisher::on_removal_answered(const Reply& reply) {
    // Lapsed already is as good as removed, unless somebody asked for this very entity-tag.
    const bool is_gone = reply.status == 412 && was_published_;
    if (reply.status / 100 == 2 || is_gone) return listener_.on_removed();
    listener_.on_failed(reply);
}

void Publisher::on_refresh_failed(const Reply& reply) {
    if (reply.status == 412 && !options_.entity_tag.empty()) {
        // The server does not have it any more (RFC 3903 4.3): begin anew, at once.
        options_.entity_tag.clear();
        listener_.on_trouble("the server has lost the publication; publishing it anew");
        return send(Intent::publish);
    }
    if (!reply.is_passing()) return listener_.on_failed(reply);
    const std::uint32_t pause =
        reply.delta_seconds(sip::Header::retry_after).value_or(kRepublishAfter);
    listener_.on_trouble(reply.why + "; trying again in " + std::to_string(pause) + " s");
    again(seconds(pause), intent_);
}

void Publisher::again(base::Duration after, Intent intent) {
    agent_.loop().timers().cancel(timer_);
    timer_ = agent_.loop().timers().arm(agent_.loop().clock().now() + after,
                                        [this, intent] { send(intent); });
}

}  // namespace herald::cli
