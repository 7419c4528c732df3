// server/subscriber/pbx_subscriber.cpp: the subscriptions Herald makes, from the first SUBSCRIBE to
// the end (RFC 6665 4.1).
#include "server/subscriber/pbx_subscriber.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// Between attempts for a resource that its PBX refuses.
constexpr base::Duration kFirstDelay = std::chrono::seconds(2);
constexpr base::Duration kLongestDelay = std::chrono::minutes(5);
/// After a subscription that lasted this long the next attempt need not wait.
constexpr base::Duration kGoodLife = std::chrono::minutes(1);
constexpr std::uint32_t kLongestRetryAfter = 3600;
/// A refused refresh is retried after this time at the latest.
constexpr base::Duration kRefreshRetry = std::chrono::seconds(30);
/// When to ask again in a dialog that began without a document: a PBX that has just started may not
/// yet know what it knew before.
constexpr base::Duration kDoubt = std::chrono::seconds(2);

/// Whether the PBX itself is unreachable, whichever resource is asked for.
bool is_unreachable(const sip::ClientOutcome& outcome) {
    return outcome.how != sip::ClientOutcome::How::response || outcome.status == 408 ||
           outcome.status == 503;
}

std::string why_unreachable(const sip::ClientOutcome& outcome) {
    switch (outcome.how) {
        case sip::ClientOutcome::How::response:
            return std::to_string(outcome.status);
        case sip::ClientOutcome::How::timeout:
            return "it does not answer";
        case sip::ClientOutcome::How::transport_error:
            return "it cannot be reached";
    }
    return {};
}

base::Duration retry_after_of(const sip::ClientOutcome& outcome) {
    if (!outcome.message) return {};
    const auto value = outcome.message->header(sip::Header::retry_after).value_or("");
    return std::chrono::seconds(
        std::min(sip::parse_delta_seconds(value).value_or(0), kLongestRetryAfter));
}

/// Doubles with each consecutive failure, and differs from line to line.
base::Duration next_delay(Line& line, base::Instant now) {
    const bool was_good =
        line.active_since != base::Instant{} && now - line.active_since >= kGoodLife;
    if (was_good) line.failures = 0;
    const auto failures = line.failures++;
    if (failures == 0) return jittered(std::chrono::seconds(1));
    return jittered(std::min(kLongestDelay, kFirstDelay * (1 << std::min(failures - 1, 8U))));
}

/// Some PBXs refuse a login with 403, which may also be about the one resource: it is, while other
/// resources of the same PBX are subscribed.
bool is_login_refused(const PbxLines& lines, const Line& line, int status) {
    if (status == 401 || status == 407) return true;
    if (status != 403 || !line.request.is_signed) return false;
    const auto is_had = [&](const Line& other) {
        return other.pbx == line.pbx && has_dialog(other.state) && other.id != line.id;
    };
    return lines.ids_where(is_had).empty();
}

}  // namespace

PbxSubscriber::PbxSubscriber(Context& context, PbxLines& lines, PbxWatch& pbxs, StateOrders& orders,
                             sip::Locator& locator)
    : context_(context),
      lines_(lines),
      pbxs_(pbxs),
      // Timer N (RFC 6665 4.1.2.4); tried elsewhere or answered, it starts again.
      sender_(
          context, lines_, locator,
          [this](Line& line) { arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms)); },
          [this](Line& line, const sip::ClientOutcome* outcome) { on_done(line, outcome); }),
      told_(context, orders, lines_),
      timer_(context.loop.timers().add_owner([this](std::uint64_t id) { on_timer(id); })),
      active_(context.metrics.gauge("herald_mwi_pbx_subscriptions",
                                    "Resources subscribed to at their PBX")),
      lost_(context.metrics.counter("herald_mwi_pbx_lost_total",
                                    "Subscriptions to a PBX that failed or ended")) {}

void PbxSubscriber::leave(Line& line) {
    lines_.release(line);
    if (!has_dialog(line.state)) return erase(line);
    pbxs_.forget(line.pbx, line.id);
    line.is_leaving = true;
    sender_.send(line, 0);
}

void PbxSubscriber::erase(Line& line) {
    auto& timers = context_.loop.timers();
    timers.cancel(line.timer);
    timers.cancel(line.write_again);
    for (auto& member : line.members) timers.cancel(member.write_again);
    sender_.abandon(line);
    if (has_dialog(line.state)) active_.subtract();
    const auto pbx = line.pbx;
    const auto id = line.id;
    lines_.erase(id);
    pbxs_.forget(pbx, id);
}

/// The one place where a state changes: counted, and logged when the state of a PBX is available
/// again.
bool PbxSubscriber::step(Line& line, UpstreamInput input) {
    const auto next = next_state(line.state, input);
    if (!next) return false;
    if (!has_dialog(line.state) && has_dialog(*next)) {
        active_.add();
        line.active_since = context_.loop.now();
        line.why.clear();
        base::log_info("pbx.subscribed", {{"resource", line.aor},
                                          {"package", line.package->profile().event},
                                          {"pbx", line.pbx}});
    }
    if (has_dialog(line.state) && !has_dialog(*next)) active_.subtract();
    line.state = *next;
    return true;
}

void PbxSubscriber::arm(Line& line, base::Duration delay) {
    auto& timers = context_.loop.timers();
    timers.cancel(line.timer);
    line.due = context_.loop.now() + delay;
    line.timer = timers.arm(timer_, line.id, line.due);
}

void PbxSubscriber::on_timer(std::uint64_t id) {
    auto* line = lines_.find(id);
    if (!line) return;
    line->timer = {};
    if (line->is_leaving) return erase(*line);
    switch (line->state) {
        case UpstreamState::waiting:
            return begin(*line);
        case UpstreamState::active:
            return refresh(*line);
        case UpstreamState::trying:
            return on_trouble(*line, PbxWatch::Trouble::unreachable, "it does not answer", {});
        case UpstreamState::accepted:
        case UpstreamState::refreshing:
            step(*line, UpstreamInput::overdue);
            return come_back(*line, "no NOTIFY");
    }
}

/// A new dialog (RFC 6665 4.1.2.1). The bucket in its tag brings NOTIFYs to this shard.
void PbxSubscriber::begin(Line& line) {
    if (!pbxs_.may_try(line.pbx, line.id)) return pbxs_.wait_for(line.pbx, line.id);
    // A wrong password is told once, not by every resource.
    if (line.digest) pbxs_.try_first(line.pbx, line.id);
    step(line, UpstreamInput::due);
    line.dialog.call_id = base::random_token(15);
    lines_.retag(line, new_local_tag(bucket_of(context_.home.bucket_key, line.aor)));
    // A PBX does not list a message twice: one that was not told by now will never be.
    line.document = {};
    line.list_version.reset();
    for (auto& member : line.members) member.document = {};
    sender_.send(line, line.wanted);
}

void PbxSubscriber::refresh(Line& line) {
    if (context_.loop.now() >= line.expires_at) {
        step(line, UpstreamInput::lapsed);
        return come_back(line, "lapsed");
    }
    if (!pbxs_.may_try(line.pbx, line.id)) {
        arm(line, line.expires_at - context_.loop.now());
        return pbxs_.wait_for(line.pbx, line.id);
    }
    step(line, UpstreamInput::due);
    sender_.send(line, line.wanted);
}

void PbxSubscriber::come_back(Line& line, std::string_view why, base::Duration least) {
    const auto delay = std::max(next_delay(line, context_.loop.now()), least);
    wait(line, why);
    arm(line, delay);
}

/// From here on there is no dialog. The next one has other tags, so a late message of this one
/// cannot be mistaken for one of it. Logged when `why` is new.
void PbxSubscriber::wait(Line& line, std::string_view why) {
    lost_.add();
    if (line.why != why) {
        base::log_warning("pbx.unsubscribed", {{"resource", line.aor},
                                               {"package", line.package->profile().event},
                                               {"pbx", line.pbx},
                                               {"why", why}});
    }
    line.why = why;
    line.active_since = {};
    sender_.abandon(line);
    lines_.retag(line, {});
    line.dialog = {};
    context_.loop.timers().cancel(line.timer);
}

void PbxSubscriber::on_done(Line& line, const sip::ClientOutcome* outcome) {
    using Trouble = PbxWatch::Trouble;
    if (line.is_leaving) return erase(line);
    if (!outcome)
        return on_trouble(line, Trouble::unreachable, "no address of it can be reached", {});
    if (is_unreachable(*outcome))
        return on_trouble(line, Trouble::unreachable, why_unreachable(*outcome),
                          retry_after_of(*outcome));
    if (is_login_refused(lines_, line, outcome->status)) {
        const auto* why = line.request.is_signed
                              ? "it refuses the user name or the password of pbx.servers"
                              : "it asks for a user name and a password, and pbx.servers has none";
        return on_trouble(line, Trouble::login_refused, why, {});
    }
    pbxs_.answered(line.pbx);
    if (input_of_status(outcome->status) == UpstreamInput::accepted)
        return on_accepted(line, *outcome);
    on_refused(line, outcome->status, retry_after_of(*outcome));
}

/// What the PBX told stays valid until the subscription lapses (RFC 6665 4.1.2.2).
void PbxSubscriber::on_trouble(Line& line, PbxWatch::Trouble trouble, std::string_view why,
                               base::Duration least) {
    if (!step(line, UpstreamInput::failed)) return;
    if (has_dialog(line.state)) {
        arm(line, std::max(base::Duration{}, line.expires_at - context_.loop.now()));
    } else {
        wait(line, why);
    }
    pbxs_.failed(line.pbx, line.id, trouble, why, least);
}

/// The NOTIFY is still owed unless it came first.
void PbxSubscriber::on_accepted(Line& line, const sip::ClientOutcome& outcome) {
    const bool was_notified = line.state == UpstreamState::active;
    if (!step(line, UpstreamInput::accepted) || was_notified) return;
    const auto field =
        outcome.message ? outcome.message->header(sip::Header::expires) : std::nullopt;
    const auto asked = line.request.asked;
    const auto granted =
        std::min(asked, sip::parse_delta_seconds(field.value_or("")).value_or(asked));
    if (line.state == UpstreamState::refreshing)
        line.expires_at = context_.loop.now() + std::chrono::seconds(granted);
    arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms));
}

void PbxSubscriber::on_refused(Line& line, int status, base::Duration least) {
    const bool had_dialog = has_dialog(line.state);
    if (!step(line, input_of_status(status))) return;
    if (had_dialog && status == 481) {
        // The PBX has forgotten the dialog, nothing else.
        wait(line, "481");
        return begin(line);
    }
    if (!has_dialog(line.state)) return come_back(line, std::to_string(status), least);
    // Valid until it lapses (RFC 6665 4.1.2.2); the refresh is retried before.
    const auto left = std::max(base::Duration{}, line.expires_at - context_.loop.now());
    const auto delay =
        std::max(std::min(next_delay(line, context_.loop.now()), kRefreshRetry), least);
    arm(line, std::min(left, delay));
}

/// A NOTIFY whose CSeq is below one seen before. While a refresh is under way it is the answer of a
/// PBX that restarted with an old copy of the dialog (Kamailio), and a new dialog is needed.
/// Otherwise it may just be late (RFC 3261 12.2.2).
void PbxSubscriber::lose_count(Line& line) {
    if (line.state != UpstreamState::refreshing || line.is_leaving) return;
    if (step(line, UpstreamInput::ended)) come_back(line, "CSeq out of order");
}

void PbxSubscriber::withdraw(Line& line, std::string_view aor) {
    auto* member = line.member(aor);
    if (!member) return told_.withdraw(line);
    context_.loop.timers().cancel(member->write_again);
    told_.withdraw(line, *member);
}

/// Takes what was told of one resource for what is known, unless it is older.
packages::Sequence PbxSubscriber::take(const Line& line, packages::Document& known,
                                       const packages::Document& told) {
    if (told.type.empty()) return packages::Sequence::next;
    const auto sequence =
        known.type.empty() ? packages::Sequence::next : line.package->sequence(known, told);
    if (sequence != packages::Sequence::late)
        known = line.package->merge(known, told, context_.resources.settings(*line.package));
    return sequence;
}

/// RFC 4662 5.2: a list counts its documents, as the documents in it may.
packages::Sequence PbxSubscriber::take(Line& list, const ToldList& told) {
    using packages::Sequence;
    const auto before = std::exchange(list.list_version, told.version);
    auto sequence = Sequence::next;
    if (before && !told.is_full && told.version > *before + 1) sequence = Sequence::gap;
    for (auto& member : list.members) {
        const auto* each = told.of(member.user);
        if (each && take(list, member.document, each->document) == Sequence::gap)
            sequence = Sequence::gap;
    }
    return sequence;
}

packages::Sequence PbxSubscriber::take(Line& line, const Told& told) {
    if (line.is_list()) return told.list ? take(line, *told.list) : packages::Sequence::next;
    return take(line, line.document, told.document);
}

/// Keeps what a list told. After a SUBSCRIBE all of it lives longer.
void PbxSubscriber::keep(Line& list, const std::optional<ToldList>& told, bool was_asked_for) {
    if (!told) return was_asked_for ? told_.publish(list) : void();
    for (auto& member : list.members) {
        const auto* each = told->of(member.user);
        const bool is_gone = each ? each->is_gone && each->document.type.empty() : told->is_full;
        if (is_gone && told_.has(list, member)) told_.withdraw(list, member);
        if (!is_gone && (each || was_asked_for)) told_.publish(list, member);
    }
}

void PbxSubscriber::hear(Line& line, const Told& told) {
    const bool is_late = line.list_version && told.list && told.list->version < *line.list_version;
    const auto sequence = is_late ? packages::Sequence::late : take(line, told);
    const bool is_silent = told.document.type.empty();
    if (told.is_over) {
        told_.publish(line);
        return on_terminated(line, told);
    }
    const bool is_new = !has_dialog(line.state);
    const bool was_asked_for = line.state != UpstreamState::active;
    if (!step(line, UpstreamInput::notified)) return;
    const auto life = base::Duration(std::chrono::seconds(told.granted));
    line.expires_at = context_.loop.now() + life;
    // Well before the end, and not all lines at once.
    arm(line, jittered(life * 4 / 5) + life / 10);
    // What it relies on never came: everything is asked for again (RFC 4235 4.3, RFC 4662 5.2).
    if (sequence == packages::Sequence::gap) arm(line, std::min(kDoubt, life / 2));
    if (line.is_list()) return is_late ? void() : keep(line, told.list, was_asked_for);
    if (!is_silent || !told.is_active) return told_.publish(line);
    if (is_new && told_.has(line)) return arm(line, std::min(kDoubt, life / 2));
    // The PBX itself no longer hears of this resource (Kamailio).
    told_.withdraw(line);
}

void PbxSubscriber::on_terminated(Line& line, const Told& told) {
    step(line, UpstreamInput::ended);
    // The answer that others wait for is not waited for any more: the next of them tries.
    if (pbxs_.may_try(line.pbx, line.id)) pbxs_.forget(line.pbx, line.id);
    const std::string why = "terminated " + told.reason;
    switch (comeback_of(told.reason)) {
        case Comeback::soon:
            return come_back(line, why);
        case Comeback::later:
            return come_back(line, why, std::chrono::seconds(told.retry_after));
        case Comeback::resource_gone:
            told_.withdraw(line);
            return come_back(line, why, kSeldom);
        case Comeback::seldom:
            return come_back(line, why, kSeldom);
    }
}

}  // namespace herald::server
