// cli/subscriber.cpp: keeps one subscription alive and hands out what it is told.
#include "cli/subscriber.h"

#include <algorithm>
#include <array>

#include "base/id.h"
#include "base/text.h"
#include "sip/fields.h"

namespace herald::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kFarewell = seconds(2);
constexpr base::Duration kFirstPause = seconds(1);
constexpr base::Duration kLongestPause = seconds(60);
/// A subscription that lived this long was no false start.
constexpr base::Duration kPeace = seconds(10);
/// Between a failed refresh and the next, and for reasons that ask for patience without saying how
/// much.
constexpr std::uint32_t kRetryAfter = 30;

/// Responses to a refresh after which the subscription is gone (RFC 6665 4.1.2.2).
bool ends_subscription(int status) {
    constexpr std::array kEnding = {404, 405, 410, 416, 480, 481, 482,
                                    483, 484, 485, 489, 501, 604};
    return std::find(kEnding.begin(), kEnding.end(), status) != kEnding.end();
}

/// Worth asking again later; anything else is an answer to the question itself.
bool is_worth_another_try(const Reply& reply) {
    return !reply.is_answered || reply.status == 408 || reply.status == 480 ||
           reply.status == 481 || reply.status == 491 || reply.status / 100 == 5;
}

/// Compared as RFC 6665 8.2.1 says: type and id, nothing else.
bool is_same_event(std::string_view ours, std::string_view theirs) {
    const Result<sip::Event> a = sip::parse_event(ours);
    const Result<sip::Event> b = sip::parse_event(theirs);
    return a && b && a->type == b->type && a->id == b->id;
}

}  // namespace

Subscriber::Subscriber(UserAgent& agent, Options options, Listener& listener)
    : agent_(agent), options_(std::move(options)), listener_(listener) {
    agent_.add(*this);
}

Subscriber::~Subscriber() {
    agent_.remove(*this);
    agent_.forget(exchange_);
    cancel_timers();
}

void Subscriber::start() {
    subscribe_anew();
}

void Subscriber::leave() {
    if (state_ == State::ended || state_ == State::leaving) return;
    const bool has_dialog = dialog_ && dialog_->is_formed() && state_ != State::waiting;
    if (!has_dialog && exchange_ == 0) return end(Ending::Why::left, {});
    cancel_timers();
    state_ = State::leaving;
    pause_ = agent_.loop().timers().arm(agent_.loop().clock().now() + kFarewell,
                                        [this] { end(Ending::Why::left, {}); });
    // One SUBSCRIBE at a time; on_reply() sends the last one where another is still under way.
    if (exchange_ == 0) send_subscribe(0);
}

// --- Requests ---

void Subscriber::subscribe_anew() {
    cancel_timers();
    agent_.forget(std::exchange(exchange_, 0));
    dialog_ = std::make_unique<Dialog>(options_.watcher, options_.resource);
    state_ = State::trying;
    send_subscribe(options_.is_fetch ? 0 : options_.expires);
}

void Subscriber::send_subscribe(std::uint32_t expires) {
    asked_ = expires;
    OutgoingRequest request = dialog_->request(sip::Method::subscribe);
    request.with_contact = true;
    request.headers += "Event: " + options_.event + "\r\n";
    if (!options_.accept.empty()) request.headers += "Accept: " + options_.accept + "\r\n";
    request.headers += "Expires: " + std::to_string(expires) + "\r\n";
    exchange_ = agent_.send(std::move(request), [this](const Reply& reply) { on_reply(reply); });
    agent_.loop().timers().cancel(timer_n_);
    if (state_ == State::leaving) return;
    timer_n_ = arm(agent_.options().timers.lifetime(), &Subscriber::on_no_notify);
}

void Subscriber::on_reply(const Reply& reply) {
    exchange_ = 0;
    dialog_->spent(reply.cseq);
    if (state_ == State::leaving) {
        if (reply.status / 100 == 2 && reply.message) dialog_->learn_from_answer(*reply.message);
        // After a 2xx to the last SUBSCRIBE the NOTIFY that ends all is on its way.
        if (reply.status / 100 != 2) return end(Ending::Why::left, {});
        if (asked_ > 0) send_subscribe(0);
        return;
    }
    if (reply.status / 100 == 2) return on_granted(reply);
    if (reply.status == 423) return raise_expires(reply);
    if (state_ == State::active) return on_refresh_failed(reply);
    on_refused(reply);
}

void Subscriber::on_granted(const Reply& reply) {
    if (reply.message) dialog_->learn_from_answer(*reply.message);
    const std::uint32_t granted = reply.delta_seconds(sip::Header::expires).value_or(asked_);
    // No NOTIFY follows a 204 (RFC 5839 5.6).
    if (reply.status == 204) agent_.loop().timers().cancel(timer_n_);
    if (asked_ > 0 && granted > 0) hold_for(std::min(granted, asked_));
}

void Subscriber::raise_expires(const Reply& reply) {
    const auto least = reply.delta_seconds(sip::Header::min_expires);
    if (!least || *least <= asked_) return on_refused(reply);
    options_.expires = *least;
    send_subscribe(*least);
}

void Subscriber::on_refused(const Reply& reply) {
    if (was_ever_active_ && is_worth_another_try(reply)) {
        return retry(reply.why, reply.delta_seconds(sip::Header::retry_after));
    }
    end(reply.is_answered ? Ending::Why::refused : Ending::Why::no_answer, reply.why);
}

void Subscriber::on_refresh_failed(const Reply& reply) {
    if (reply.is_answered && ends_subscription(reply.status)) {
        return is_worth_another_try(reply) ? retry(reply.why, std::nullopt)
                                           : end(Ending::Why::refused, reply.why);
    }
    // Otherwise it stands until what was granted ends (RFC 6665 4.1.2.2); until then there is time
    // to ask again.
    const auto after = reply.delta_seconds(sip::Header::retry_after).value_or(kRetryAfter);
    const base::Duration left = held_until_ - agent_.loop().clock().now();
    const base::Duration pause =
        std::max(std::min<base::Duration>(seconds(after), left / 2), kFirstPause);
    agent_.loop().timers().cancel(timer_n_);
    agent_.loop().timers().cancel(refresh_);
    refresh_ = arm(pause, &Subscriber::on_refresh_due);
}

// --- Time ---

void Subscriber::hold_for(std::uint32_t granted) {
    agent_.loop().timers().cancel(refresh_);
    agent_.loop().timers().cancel(expiry_);
    const base::Duration whole = seconds(granted);
    held_until_ = agent_.loop().clock().now() + whole;
    refresh_ = arm(whole * 4 / 5, &Subscriber::on_refresh_due);
    expiry_ = arm(whole, &Subscriber::on_expired);
}

void Subscriber::adopt_expires(std::uint32_t remaining) {
    // NOTIFYs repeat what is left of the same grant; only one that moves its end is news (RFC
    // 6665 4.1.3).
    constexpr base::Duration kSame = seconds(5);
    const base::Duration moved = agent_.loop().clock().now() + seconds(remaining) - held_until_;
    const bool is_same = moved <= kSame && moved >= -kSame;
    if (remaining > 0 && !is_same) hold_for(remaining);
}

void Subscriber::on_refresh_due() {
    if (exchange_ != 0 || !dialog_->is_formed()) return;
    send_subscribe(options_.expires);
}

void Subscriber::on_no_notify() {
    if (state_ == State::active) return on_lapsed("no NOTIFY followed the refresh");
    const std::string sentence = "the subscription was accepted, but no NOTIFY came";
    if (was_ever_active_) return retry(sentence, std::nullopt);
    end(Ending::Why::no_answer, sentence);
}

void Subscriber::on_expired() {
    on_lapsed("the subscription lapsed without an answer to its refresh");
}

void Subscriber::on_lapsed(const std::string& sentence) {
    retry(sentence, std::nullopt);
}

void Subscriber::retry(const std::string& sentence, std::optional<std::uint32_t> after) {
    cancel_timers();
    agent_.forget(std::exchange(exchange_, 0));
    const base::Duration pause = after ? seconds(*after) : back_off();
    const auto text = std::to_string(duration_cast<seconds>(pause + milliseconds(999)).count());
    state_ = State::waiting;
    pause_ = arm(pause, &Subscriber::subscribe_anew);
    listener_.on_trouble(sentence + (pause.count() == 0 ? "; subscribing anew"
                                                        : "; trying again in " + text + " s"));
}

base::Duration Subscriber::back_off() {
    const base::Instant now = agent_.loop().clock().now();
    if (state_ == State::active && now - active_since_ >= kPeace) losses_ = 0;
    const unsigned loss = losses_++;
    if (loss == 0) return base::Duration::zero();
    const base::Duration pause =
        std::min(kFirstPause * (1U << std::min(loss - 1, 6U)), kLongestPause);
    // Many watchers lose the same server at the same moment; they should not come back at the same
    // moment.
    const auto jitter = static_cast<std::int64_t>(base::random_u64() % 41) - 20;
    return pause + pause * jitter / 100;
}

base::TimerId Subscriber::arm(base::Duration after, void (Subscriber::*action)()) {
    return agent_.loop().timers().arm(agent_.loop().clock().now() + after,
                                      [this, action] { (this->*action)(); });
}

void Subscriber::cancel_timers() noexcept {
    for (base::TimerId* timer : {&refresh_, &expiry_, &timer_n_, &pause_})
        agent_.loop().timers().cancel(*timer);
}

void Subscriber::end(Ending::Why why, std::string sentence) {
    if (state_ == State::ended) return;
    state_ = State::ended;
    cancel_timers();
    agent_.forget(std::exchange(exchange_, 0));
    listener_.on_ended({why, std::move(sentence)});
}

// --- NOTIFY ---

std::optional<sip::Answer> Subscriber::on_request(const sip::Message& notify) {
    const bool is_over =
        state_ == State::idle || state_ == State::waiting || state_ == State::ended;
    if (is_over || !dialog_->accepts(notify)) return std::nullopt;
    const auto event = notify.header(sip::Header::event);
    if (!event) return sip::Answer{.status = 489};
    if (!is_same_event(options_.event, *event)) return std::nullopt;
    if (dialog_->is_late(notify)) return sip::Answer{.status = 500, .reason = "Out of Order"};
    dialog_->learn_from_notify(notify);
    deliver(notify);
    return sip::Answer{.status = 200};
}

void Subscriber::deliver(const sip::Message& notify) {
    // Old peers may omit Subscription-State; they mean an active one.
    sip::SubscriptionStateField field{.state = "active"};
    if (const auto value = notify.header(sip::Header::subscription_state)) {
        if (const auto parsed = sip::parse_subscription_state(*value)) field = *parsed;
    }
    const bool is_terminated = base::iequals(field.state, "terminated");
    agent_.loop().timers().cancel(timer_n_);
    if (state_ == State::trying && !is_terminated) {
        state_ = State::active;
        active_since_ = agent_.loop().clock().now();
        was_ever_active_ = true;
    }
    if (!is_terminated && state_ == State::active) adopt_expires(field.expires.value_or(0));

    std::string type;
    if (const auto value = notify.header(sip::Header::content_type);
        value && !notify.body().empty()) {
        type = sip::parse_media_type(*value).value_or(std::string(*value));
    }
    if (state_ != State::leaving) {
        listener_.on_notification({.state = field.state,
                                   .reason = field.reason,
                                   .expires = field.expires,
                                   .content_type = type,
                                   .body = notify.body(),
                                   .message = notify});
    }
    if (is_terminated) on_terminated(field.reason, field.retry_after);
}

void Subscriber::on_terminated(std::string_view reason, std::optional<std::uint32_t> retry_after) {
    if (state_ == State::leaving) return end(Ending::Why::left, {});
    if (options_.is_fetch) return end(Ending::Why::fetched, {});
    const std::string sentence =
        "the server ended the subscription" +
        (reason.empty() ? std::string() : " (" + std::string(reason) + ")");
    const auto is = [&](std::string_view word) { return base::iequals(reason, word); };
    if (is("rejected") || is("noresource") || is("invariant") || is("badfilter")) {
        return end(Ending::Why::terminated, sentence);
    }
    if (is("deactivated") || is("timeout")) return retry(sentence, std::nullopt);
    if (is("probation") || is("giveup")) return retry(sentence, retry_after.value_or(kRetryAfter));
    retry(sentence, retry_after);
}

}  // namespace herald::cli
