// server/subscriber/upstream.cpp: Herald as a subscriber: the resources it follows, and their
// timers.
#include "server/subscriber/upstream.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "packages/mailbox.h"
#include "packages/mwi_settings.h"
#include "server/address/own_address.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Between attempts for a resource that its PBX refuses.
constexpr base::Duration kFirstDelay = std::chrono::seconds(2);
constexpr base::Duration kLongestDelay = std::chrono::minutes(5);
/// After a subscription that lasted this long the next attempt need not wait.
constexpr base::Duration kGoodLife = std::chrono::minutes(1);

std::string address(std::string_view user, const sip::Uri& at) {
    std::string out = "sip:";
    sip::append_escaped_user(out, user);
    out += '@';
    return out += sip::canonical_host(at.host);
}

/// The resource at the PBX, with the port and the transport it is configured with.
std::string request_uri(std::string_view user, std::string_view pbx) {
    std::string out = "sip:";
    sip::append_escaped_user(out, user);
    out += '@';
    return out += pbx.substr(pbx.find(':') + 1);
}

std::string_view user_of(std::string_view aor) {
    const auto start = aor.find(':') + 1;
    return aor.substr(start, aor.find('@') - start);
}

/// PBXs are configured in the section of the mailboxes, whose state they were first asked for.
const packages::MwiSettings& pbx_settings(const Context& context) {
    return context.settings<packages::MwiSettings>(packages::message_summary());
}

/// nullptr where the resource has no PBX, or one that is no longer configured, or where the PBX is
/// this very server, which would add what it tells itself to its own counters.
const packages::PbxAddress* pbx_of(const Context& context, const Source& source) {
    if (source.pbx.empty() || source.package->profile().publish_types.empty()) return nullptr;
    const auto* found = pbx_settings(context).pbx(source.pbx);
    if (!found) return nullptr;
    const auto at = sip::parse_uri(found->uri);
    const auto listeners = context.stack.transport().listeners();
    return !at || is_own_address(*at, context.domains, listeners) ? nullptr : found;
}

std::unique_ptr<Line> line_of(const std::string& aor, const Source& source,
                              const packages::PbxAddress& pbx, std::uint32_t expires) {
    const auto at = sip::parse_uri(pbx.uri);
    const std::string user = source.user.empty() ? std::string(user_of(aor)) : source.user;
    auto line = std::make_unique<Line>();
    line->package = source.package;
    line->aor = aor;
    line->pbx = pbx.name;
    line->uri = request_uri(user, pbx.uri);
    line->to = address(user, *at);
    line->from = pbx.username.empty() ? aor : address(pbx.username, *at);
    line->next_hop = pbx.uri;
    line->wanted = expires;
    if (!pbx.username.empty()) line->digest.emplace(pbx.username, pbx.password);
    return line;
}

}  // namespace

Upstream::Upstream(Context& context, StateOrders& orders, sip::Locator& locator)
    : context_(context),
      pbxs_(context.loop,
            [this](std::uint64_t id, base::Duration delay) {
                if (auto* line = lines_.find(id)) arm(*line, delay);
            }),
      // Timer N (RFC 6665 4.1.2.4); tried elsewhere or answered, it starts again.
      sender_(
          context, lines_, locator,
          [this](Line& line) { arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms)); },
          [this](Line& line, const sip::ClientOutcome* outcome) { on_done(line, outcome); }),
      told_(context, orders, lines_),
      timer_(context.loop.timers().add_owner([this](std::uint64_t id) { on_timer(id); })),
      active_(context.metrics.gauge("herald_mwi_pbx_subscriptions",
                                    "Mailboxes subscribed to at their PBX")),
      lost_(context.metrics.counter("herald_mwi_pbx_lost_total",
                                    "Subscriptions to a PBX's mailbox that failed or ended")),
      notified_(context.metrics.counter("herald_mwi_pbx_notify_total",
                                        "NOTIFY requests taken from PBXs")) {}

void Upstream::follow(const std::string& aor, const Source& source) {
    const auto* pbx = pbx_of(context_, source);
    auto wanted = pbx ? line_of(aor, source, *pbx, pbx_settings(context_).pbx_expires) : nullptr;
    if (auto* line = lines_.of(*source.package, aor)) {
        if (wanted && line->pbx == wanted->pbx && line->uri == wanted->uri) return;
        if (!wanted || line->pbx != wanted->pbx) told_.withdraw(*line);
        leave(*line);
    }
    if (!wanted) return;
    next_start_ = std::max(context_.loop.now(), next_start_);
    arm(lines_.add(std::move(wanted)), next_start_ - context_.loop.now());
    next_start_ += kPace;
}

/// Unsubscribes at the PBX if there is a dialog; the line is no longer of use.
void Upstream::leave(Line& line) {
    lines_.release(line);
    if (!has_dialog(line.state)) return erase(line);
    pbxs_.forget(line.pbx, line.id);
    line.is_leaving = true;
    sender_.send(line, 0);
}

void Upstream::erase(Line& line) {
    auto& timers = context_.loop.timers();
    timers.cancel(line.timer);
    timers.cancel(line.write_again);
    sender_.abandon(line);
    if (has_dialog(line.state)) active_.subtract();
    const auto pbx = line.pbx;
    const auto id = line.id;
    lines_.erase(id);
    pbxs_.forget(pbx, id);
}

/// Nothing is sent: the PBX goes on notifying, and is answered 481 by the new owner.
void Upstream::forget(Cell cell) {
    const auto gone =
        lines_.ids_where([&](const Line& line) { return context_.cell_of(line.aor) == cell; });
    for (const auto id : gone) erase(*lines_.find(id));
}

/// The one place where a state changes: counted, and logged when the state of a PBX is available
/// again.
bool Upstream::step(Line& line, UpstreamInput input) {
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

void Upstream::arm(Line& line, base::Duration delay) {
    auto& timers = context_.loop.timers();
    timers.cancel(line.timer);
    line.timer = timers.arm(timer_, line.id, context_.loop.now() + delay);
}

void Upstream::on_timer(std::uint64_t id) {
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
void Upstream::begin(Line& line) {
    if (!pbxs_.may_try(line.pbx, line.id)) return pbxs_.wait_for(line.pbx, line.id);
    step(line, UpstreamInput::due);
    line.dialog.call_id = base::random_token(15);
    lines_.retag(line, new_local_tag(bucket_of(context_.home.bucket_key, line.aor)));
    // A PBX does not list a message twice: one that was not told by now will never be.
    line.document = {};
    sender_.send(line, line.wanted);
}

void Upstream::refresh(Line& line) {
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

/// Doubles with each consecutive failure, and differs from line to line.
base::Duration Upstream::next_delay(Line& line) {
    const bool was_good = line.active_since != base::Instant{} &&
                          context_.loop.now() - line.active_since >= kGoodLife;
    if (was_good) line.failures = 0;
    const auto failures = line.failures++;
    if (failures == 0) return jittered(std::chrono::seconds(1));
    return jittered(std::min(kLongestDelay, kFirstDelay * (1 << std::min(failures - 1, 8U))));
}

void Upstream::come_back(Line& line, std::string_view why, base::Duration least) {
    const auto delay = std::max(next_delay(line), least);
    wait(line, why);
    arm(line, delay);
}

/// From here on there is no dialog. The next one has other tags, so a late message of this one
/// cannot be mistaken for one of it. Logged when `why` is new.
void Upstream::wait(Line& line, std::string_view why) {
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

}  // namespace herald::server
