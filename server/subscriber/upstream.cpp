// server/subscriber/upstream.cpp: Herald as a subscriber: the mailboxes it follows, and their
// timers.
#include "server/subscriber/upstream.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "server/address/own_address.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Between the first attempts after a start.
constexpr auto kPace = std::chrono::milliseconds(10);
constexpr base::Duration kFirstDelay = std::chrono::seconds(2);
constexpr base::Duration kLongestDelay = std::chrono::minutes(5);
/// A PBX that said no for good is asked this seldom.
constexpr base::Duration kSeldom = std::chrono::hours(1);
/// A subscription that lasted so long was a good one: the next attempt need not wait.
constexpr base::Duration kGoodLife = std::chrono::minutes(1);
/// State outlives its subscription by the time a refresh may take, and one more attempt.
constexpr auto kGrace = std::chrono::seconds(64);

/// Between half and all of `most`.
base::Duration jittered(base::Duration most) {
    const auto half = most / 2;
    return half + half * static_cast<int>(base::random_u64() % 1000) / 1000;
}

std::string source_of(const std::string& pbx) {
    return "pbx " + pbx;
}

std::string address(std::string_view user, const sip::Uri& at) {
    std::string out = "sip:";
    sip::append_escaped_user(out, user);
    out += '@';
    return out += sip::canonical_host(at.host);
}

/// The mailbox at the PBX, with the port and the transport it is configured with.
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

}  // namespace

Upstream::Upstream(Context& context, Mailboxes& mailboxes, sip::Locator& locator,
                   const packages::Package& package)
    : context_(context),
      mailboxes_(mailboxes),
      locator_(locator),
      package_(package),
      self_(std::make_shared<Upstream*>(this)),
      timer_(context.loop.timers().add_owner([this](std::uint64_t id) { on_timer(id); })),
      active_(context.metrics.gauge("herald_mwi_pbx_subscriptions",
                                    "Mailboxes subscribed to at their PBX")),
      lost_(context.metrics.counter("herald_mwi_pbx_lost_total",
                                    "Subscriptions to a PBX's mailbox that failed or ended")),
      notified_(context.metrics.counter("herald_mwi_pbx_notify_total",
                                        "NOTIFY requests taken from PBXs")) {
    mailboxes.on_settings([this](const std::string& aor) { follow_settings(aor); });
}

Upstream::~Upstream() {
    *self_ = nullptr;
}

void Upstream::resume() {
    base::Duration delay{};
    mailboxes_.for_each([&](const std::string& aor, const packages::MailboxSettings& settings) {
        if (const auto* pbx = pbx_of(&settings)) add(aor, *pbx, settings.pbx_user, delay += kPace);
    });
}

/// A PBX goes on telling who has the mailbox then, and hears 481.
void Upstream::forget(Cell cell) {
    std::vector<std::uint64_t> gone;
    for (const auto& [id, line] : lines_) {
        if (context_.cell_of(line->aor) == cell) gone.push_back(id);
    }
    for (const auto id : gone) {
        by_aor_.erase(find(id)->aor);
        forget(id);
    }
}

Upstream::Line* Upstream::find(std::uint64_t id) {
    const auto found = lines_.find(id);
    return found == lines_.end() ? nullptr : found->second.get();
}

/// nullptr where the mailbox has no PBX, or one that is not configured any more; or where that is
/// this very server, whose counters would grow by what it tells itself.
const PbxAddress* Upstream::pbx_of(const packages::MailboxSettings* settings) const {
    if (!settings || settings->pbx.empty()) return nullptr;
    const auto& all = context_.config.mwi_pbx;
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto& pbx) { return pbx.name == settings->pbx; });
    if (found == all.end()) return nullptr;
    const auto at = sip::parse_uri(found->uri);
    const auto listeners = context_.stack.transport().listeners();
    return !at || is_own_address(*at, context_.domains, listeners) ? nullptr : &*found;
}

void Upstream::follow_settings(const std::string& aor) {
    const auto* settings = mailboxes_.settings(aor);
    const auto* pbx = pbx_of(settings);
    const auto found = by_aor_.find(aor);
    if (auto* line = found == by_aor_.end() ? nullptr : find(found->second)) {
        const auto user = settings && !settings->pbx_user.empty()
                              ? std::string_view(settings->pbx_user)
                              : user_of(aor);
        if (pbx && line->pbx == pbx->name && line->uri == request_uri(user, pbx->uri)) return;
        if (!pbx || pbx->name != line->pbx) withdraw(aor, line->pbx);
        leave(*line);
    }
    if (pbx) add(aor, *pbx, settings->pbx_user, {});
}

void Upstream::add(const std::string& aor, const PbxAddress& pbx, const std::string& user,
                   base::Duration delay) {
    const auto at = sip::parse_uri(pbx.uri);
    if (!at) return;
    auto line = std::make_unique<Line>();
    const std::string mailbox = user.empty() ? std::string(user_of(aor)) : user;
    line->id = next_id_++;
    line->aor = aor;
    line->pbx = pbx.name;
    line->uri = request_uri(mailbox, pbx.uri);
    line->to = address(mailbox, *at);
    line->from = pbx.username.empty() ? aor : address(pbx.username, *at);
    line->next_hop = pbx.uri;
    line->wanted = context_.config.mwi_pbx_expires;
    if (!pbx.username.empty()) line->digest.emplace(pbx.username, pbx.password);
    by_aor_[aor] = line->id;
    arm(*line, delay);
    lines_.emplace(line->id, std::move(line));
}

/// The PBX is told where it can be; nothing more is wanted of it.
void Upstream::leave(Line& line) {
    if (const auto found = by_aor_.find(line.aor);
        found != by_aor_.end() && found->second == line.id)
        by_aor_.erase(found);
    const bool has_dialog =
        line.state == UpstreamState::active || line.state == UpstreamState::refreshing;
    if (!has_dialog) return forget(line.id);
    line.is_leaving = true;
    subscribe(line, 0);
    arm(line, 64 * std::chrono::milliseconds(context_.config.t1_ms));
}

void Upstream::forget(std::uint64_t id) {
    auto* line = find(id);
    if (!line) return;
    context_.loop.timers().cancel(line->timer);
    if (line->transaction) context_.stack.forget(line->transaction);
    if (line->state == UpstreamState::active || line->state == UpstreamState::refreshing)
        active_.subtract();
    by_tag_.erase(line->local_tag);
    lines_.erase(id);
}

/// The one place where a state changes: counted, and logged where a PBX is found or lost.
bool Upstream::step(Line& line, UpstreamInput input) {
    const auto next = next_state(line.state, input);
    if (!next) return false;
    const auto has_dialog = [](UpstreamState state) {
        return state == UpstreamState::active || state == UpstreamState::refreshing;
    };
    if (!has_dialog(line.state) && has_dialog(*next)) {
        active_.add();
        line.active_since = context_.loop.now();
        base::log_info("mailbox.subscribed", {{"resource", line.aor}, {"pbx", line.pbx}});
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

/// Without a dialog from here on; the next one has other tags, so nothing of this one is taken for
/// it.
void Upstream::wait(Line& line, base::Duration delay) {
    if (line.transaction) context_.stack.forget(std::exchange(line.transaction, {}));
    ++line.attempt;
    by_tag_.erase(line.local_tag);
    line.call_id.clear();
    line.local_tag.clear();
    line.remote_tag.clear();
    line.remote_target.clear();
    line.route_set.clear();
    line.cseq = line.remote_cseq = 0;
    arm(line, delay);
}

/// To waiting, for a time that doubles with each failure in a row and is never two PBX restarts'
/// worth the same for all.
void Upstream::come_back(Line& line, std::string_view why, base::Duration least) {
    lost_.add();
    if (line.active_since != base::Instant{} &&
        context_.loop.now() - line.active_since >= kGoodLife)
        line.failures = 0;
    line.active_since = {};
    const auto most =
        line.failures == 0
            ? base::Duration(std::chrono::seconds(1))
            : std::min(kLongestDelay, kFirstDelay * (1 << std::min(line.failures - 1, 8U)));
    ++line.failures;
    const auto delay = std::max(jittered(most), least);
    // A PBX that is away for long is no news at each attempt.
    if (line.failures == 1) {
        base::log_warning("mailbox.unsubscribed",
                          {{"resource", line.aor}, {"pbx", line.pbx}, {"why", why}});
    } else {
        base::log_debug("mailbox.unsubscribed",
                        {{"resource", line.aor}, {"pbx", line.pbx}, {"why", why}});
    }
    wait(line, delay);
}

void Upstream::on_timer(std::uint64_t id) {
    auto* line = find(id);
    if (!line) return;
    line->timer = {};
    if (line->is_leaving) return forget(id);
    switch (line->state) {
        case UpstreamState::waiting:
            return begin(*line);
        case UpstreamState::active:
            if (context_.loop.now() >= line->expires_at) {
                step(*line, UpstreamInput::lapsed);
                return come_back(*line, "lapsed");
            }
            step(*line, UpstreamInput::due);
            line->retries = 0;
            return subscribe(*line, line->wanted);
        case UpstreamState::trying:
        case UpstreamState::accepted:
        case UpstreamState::refreshing:
            step(*line, UpstreamInput::overdue);
            return come_back(*line, "no NOTIFY");
    }
}

/// A new dialog (RFC 6665 4.1.2.1). The bucket in its tag brings NOTIFYs to this shard.
void Upstream::begin(Line& line) {
    step(line, UpstreamInput::due);
    line.call_id = base::random_token(15);
    line.local_tag = new_local_tag(bucket_of(context_.home.bucket_key, line.aor));
    line.retries = 0;
    // A PBX lists no message again; what was not told by now never is.
    line.body.clear();
    by_tag_[line.local_tag] = line.id;
    subscribe(line, line.wanted);
}

void Upstream::adopt(Line& line, const sip::Message& request) {
    if (line.remote_tag.empty()) {
        // The dialog is the NOTIFY's (RFC 6665 4.4.1), its route set as a UAS has it.
        line.remote_tag = request.from_tag();
        for (const auto route : request.list(sip::Header::record_route)) {
            if (!line.route_set.empty()) line.route_set += ", ";
            line.route_set += route;
        }
    }
    line.remote_cseq = request.cseq();
    if (const auto contact = sip::sole_contact(request)) line.remote_target = contact->uri;
}

/// Well before the end, and not all at once.
void Upstream::refresh_in(Line& line, std::uint32_t granted) {
    const auto life = base::Duration(std::chrono::seconds(granted));
    line.expires_at = context_.loop.now() + life;
    arm(line, jittered(life * 4 / 5) + life / 10);
}

void Upstream::on_terminated(Line& line, const sip::SubscriptionStateField& state) {
    constexpr std::uint32_t kLongestWait = 86400;
    const auto asked = std::chrono::seconds(std::min(state.retry_after.value_or(0), kLongestWait));
    step(line, UpstreamInput::ended);
    const std::string why = "terminated " + std::string(state.reason);
    switch (comeback_of(state.reason)) {
        case Comeback::soon:
            return come_back(line, why);
        case Comeback::later:
            return come_back(line, why, asked);
        case Comeback::resource_gone:
            withdraw(line.aor, line.pbx);
            line.body.clear();
            return come_back(line, why, kSeldom);
        case Comeback::seldom:
            return come_back(line, why, kSeldom);
    }
}

/// A PBX lists each message in one NOTIFY only; the watchers here may be told later.
void Upstream::remember(Line& line, std::string_view body) const {
    const auto* settings = context_.resources.settings();
    const bool is_listing = settings && !settings->message_headers.empty();
    line.body = is_listing ? packages::with_earlier_messages(body, line.body) : std::string(body);
}

/// As long as the subscription is granted for, and a little longer: a refresh moves the end, a
/// change replaces it, a lost PBX leaves it to run out.
void Upstream::publish(const Line& line) {
    if (line.body.empty()) return;
    const auto left = std::max(base::Duration{}, line.expires_at - context_.loop.now());
    const auto until =
        context_.wall() + std::chrono::duration_cast<std::chrono::seconds>(left) + kGrace;
    mailboxes_.put_state(line.aor, source_of(line.pbx), packages::Rank::published,
                         {std::string(packages::kSimpleMessageSummary), line.body}, until,
                         [self = self_, id = line.id](const Status& status) {
                             if (status || !*self) return;
                             auto& upstream = **self;
                             upstream.context_.loop.timers().arm(
                                 upstream.context_.loop.now() + kExpiryRetry, [self, id] {
                                     auto* kept = *self ? (*self)->find(id) : nullptr;
                                     if (kept && !kept->is_leaving) (*self)->publish(*kept);
                                 });
                         });
}

void Upstream::withdraw(const std::string& aor, const std::string& pbx) {
    // What cannot be removed now runs out.
    mailboxes_.put_state(aor, source_of(pbx), packages::Rank::published, {}, {}, nullptr);
}

}  // namespace herald::server
