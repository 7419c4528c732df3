// server/notify/notify_outcome.cpp: what became of a NOTIFY: the verdict carried out, ways around a
// lost flow, retries.
#include <algorithm>

#include "base/log.h"
#include "server/core/flow_text.h"
#include "server/notify/notify.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

using Part = PackedText::Part;

/// A suspect is tried again 30 s and 60 s after the NOTIFY before (events section 6).
constexpr auto kSuspectDelay = std::chrono::seconds(30);
/// How long it is remembered that a peer does not take TCP.
constexpr auto kDatagramOnly = std::chrono::minutes(10);
constexpr std::size_t kMostRemembered = 10'000;
/// Silent watchers tried again between two batches of input.
constexpr std::size_t kHeardAtOnce = 256;
/// Bounds of what a peer's Retry-After may ask for; zero would be a loop at the speed of the
/// network.
constexpr std::uint32_t kShortestRetryAfter = 1;
constexpr std::uint32_t kLongestRetryAfter = 3600;

std::uint64_t peer_key(const sip::Flow& flow) {
    return flow.peer.hash(static_cast<std::uint64_t>(flow.protocol));
}

/// Where RFC 3261 12.2.1.1 sends an in-dialog request: the first route, else the remote target.
std::string_view next_hop_uri(const Subscription& record) {
    const auto routes = record.get(Part::route_set);
    const auto end = routes.find('>');
    return routes.empty() || end == std::string_view::npos ? record.get(Part::remote_target)
                                                           : routes.substr(1, end - 1);
}

std::uint32_t retry_after_of(const sip::ClientOutcome& outcome) {
    const auto value = outcome.message->header(sip::Header::retry_after);
    return std::clamp(sip::parse_delta_seconds(value.value_or("")).value_or(kShortestRetryAfter),
                      kShortestRetryAfter, kLongestRetryAfter);
}

}  // namespace

void NotifySender::on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) {
    const auto id = unpack(user);
    auto* record = context_.subscriptions.find(id);
    if (!record || record->flight == Subscription::kNone) return;
    land(id, *record, outcome);
}

void NotifySender::land(Id id, Subscription& record, const sip::ClientOutcome& outcome) {
    const auto slot = std::exchange(record.flight, Subscription::kNone);
    const auto verdict = verdict_of(outcome);
    if (verdict != NotifyVerdict::delivered) note_untold(id, record, flights_[slot]);
    const bool was_final = flights_[slot].state == SubscriptionState::ending;
    const bool was_parting = flights_[slot].is_parting;
    const bool was_switched = flights_[slot].is_switched;
    const auto took = context_.loop.now() - flights_[slot].sent_at;
    flights_.release(slot);
    record.last_answer = static_cast<std::uint16_t>(outcome.status);
    if (verdict == NotifyVerdict::delivered) {
        answer_time_.observe(static_cast<std::uint64_t>(took.count()));
        if (was_final) return delivered_.add(), forget(id);
        return on_delivered(id, record, outcome);
    }
    if (was_switched &&
        (verdict == NotifyVerdict::unreachable || verdict == NotifyVerdict::suspect)) {
        if (datagram_only_.size() >= kMostRemembered) datagram_only_.clear();
        datagram_only_[record.flow.peer.to_string()] = context_.loop.now() + kDatagramOnly;
        return repeat(id);
    }
    const bool is_over = was_final || was_parting;
    if (is_over && verdict != NotifyVerdict::authenticate) return forget(id);
    on_failed(id, record, verdict, outcome);
}

void NotifySender::on_delivered(Id id, Subscription& record, const sip::ClientOutcome& outcome) {
    delivered_.add();
    record.failures = 0;
    become_well(id, record);
    record.was_challenged = false;
    detours_.erase(pack(id));
    if (outcome.message) refresh_target(id, record, *outcome.message);
    if (record.is_stale) return send(id);
    confirmations_.set(record, true);
}

void NotifySender::on_failed(Id id, Subscription& record, NotifyVerdict verdict,
                             const sip::ClientOutcome& outcome) {
    record.sent_fingerprint = 0;
    record.is_stale = true;
    switch (verdict) {
        case NotifyVerdict::delivered:
            return;
        case NotifyVerdict::remove:
            return remove(id, std::to_string(outcome.status));
        case NotifyVerdict::suspect:
            return become_suspect(id, record);
        case NotifyVerdict::authenticate:
            if (answer_challenge(id, record, outcome)) return repeat(id);
            return record.state == SubscriptionState::ending ? forget(id)
                                                             : count_failure(id, record);
        case NotifyVerdict::wait:
            return retry_at(id, record, std::chrono::seconds(retry_after_of(outcome)));
        case NotifyVerdict::other_body:
            if (try_default_body(record)) return repeat(id);
            return count_failure(id, record);
        case NotifyVerdict::keep:
            return count_failure(id, record);
        case NotifyVerdict::unreachable:
            if (take_detour(id, record)) return repeat(id);
            if (detours_.count(pack(id)) > 0) return;
            return give_up_way(id, record);
    }
}

void NotifySender::count_failure(Id id, Subscription& record) {
    if (++record.failures >= context_.config.notify_failures_max) return remove(id, "failures");
    // What ended meanwhile is owed its last NOTIFY all the same.
    if (record.state == SubscriptionState::ending) return repeat(id);
    // This transaction only (RFC 5057 5.1): the next change tries again.
    record.is_stale = record.is_forced = false;
}

bool NotifySender::answer_challenge(Id id, Subscription& record,
                                    const sip::ClientOutcome& outcome) {
    const auto& config = context_.config;
    if (config.notify_username.empty() || record.was_challenged || !outcome.message) return false;
    sip::DigestClient client(config.notify_username, config.notify_password);
    auto line = client.answer(*outcome.message, "NOTIFY", record.get(Part::remote_target), "");
    if (!line) return false;
    record.was_challenged = true;
    record.skip_version();
    authorizations_[pack(id)] = *std::move(line);
    return true;
}

bool NotifySender::try_default_body(Subscription& record) {
    auto& resource = context_.resources[record.resource];
    const auto& view = resource.views[record.view];
    if (view.type == 0) return false;
    record.view = resource.view_for(0, std::string(view.entity));
    record.has_strayed = true;
    return true;
}

void NotifySender::become_suspect(Id id, Subscription& record) {
    suspects_.add();
    if (++record.failures >= context_.config.notify_timeout_max) return remove(id, "timeout");
    become_silent(id, record, Liveness::suspect);
    record.is_forced = true;
    retry_at(id, record, kSuspectDelay * record.failures);
}

/// No address is left to be tried. A flow is the watcher's own and lost; a proxy may come back by
/// itself (events section 6).
void NotifySender::give_up_way(Id id, Subscription& record) {
    if (record.state == SubscriptionState::ending) return forget(id);
    if (!record.get(Part::route_set).empty()) return become_suspect(id, record);
    lose_flow(id, record);
}

void NotifySender::lose_flow(Id id, Subscription& record) {
    flows_lost_.add();
    base::log_info("subscription.flow_lost", {{"call_id", record.get(Part::call_id)},
                                              {"resource", context_.resources[record.resource].aor},
                                              {"flow", to_text(record.flow)}});
    become_silent(id, record, Liveness::flow_lost);
    record.is_stale = record.is_forced = true;
    context_.loop.timers().cancel(record.retry);
}

void NotifySender::become_silent(Id id, Subscription& record, Liveness liveness) {
    silent_[peer_key(record.flow)].insert(pack(id));
    record.liveness = liveness;
}

void NotifySender::become_well(Id id, Subscription& record) {
    if (record.liveness == Liveness::well) return;
    record.liveness = Liveness::well;
    const auto found = silent_.find(peer_key(record.flow));
    if (found == silent_.end()) return;
    found->second.erase(pack(id));
    if (found->second.empty()) silent_.erase(found);
}

/// Another way to the watcher; whoever is silent is remembered under it.
void NotifySender::reroute(Id id, Subscription& record, const sip::Flow& flow) {
    const auto liveness = record.liveness;
    become_well(id, record);
    context_.subscriptions.reroute(record, flow);
    record.has_strayed = true;
    if (liveness != Liveness::well) become_silent(id, record, liveness);
}

void NotifySender::on_reachable(Id id, const sip::Flow& flow) {
    auto& record = *context_.subscriptions.find(id);
    become_well(id, record);
    if (record.flow != flow) context_.subscriptions.reroute(record, flow);
    record.failures = 0;
    detours_.erase(pack(id));
    context_.loop.timers().cancel(record.retry);
}

void NotifySender::on_sign_of_life(const sip::Flow& flow) {
    if (silent_.empty()) return;
    const auto peer = peer_key(flow);
    const auto silent = silent_.find(peer);
    // One round of a peer at a time: a proxy is heard for each of its many watchers.
    if (silent == silent_.end() || heard_.count(peer) > 0) return;
    heard_.emplace(peer, std::vector<std::uint64_t>(silent->second.begin(), silent->second.end()));
    // After the request that was heard: a refresh gets its answer first, and brings a NOTIFY of its
    // own.
    try_again_later(peer);
}

void NotifySender::try_again_later(std::uint64_t peer) {
    context_.loop.post([self = self_, peer] {
        if (*self) (*self)->try_again(peer);
    });
}

/// A slice of those who may be reached again behind `peer`.
void NotifySender::try_again(std::uint64_t peer) {
    auto& left = heard_.at(peer);
    for (std::size_t n = 0; n < kHeardAtOnce && !left.empty(); ++n) {
        const auto id = unpack(left.back());
        left.pop_back();
        auto* record = context_.subscriptions.find(id);
        if (!record || !record->is_live() || record->is_changing ||
            record->liveness == Liveness::well)
            continue;
        if (record->liveness == Liveness::flow_lost) become_well(id, *record);
        record->is_due = true;
        send(id);
    }
    if (!left.empty()) return try_again_later(peer);
    heard_.erase(peer);
}

void NotifySender::retry_at(Id id, Subscription& record, base::Duration delay) {
    auto& timers = context_.loop.timers();
    timers.cancel(record.retry);
    record.retry = timers.arm(retry_timer_, pack(id), context_.loop.now() + delay);
}

void NotifySender::on_retry(Id id) {
    auto* record = context_.subscriptions.find(id);
    if (!record) return;
    record->retry = {};
    record->is_due = true;
    send(id);
}

void NotifySender::remove(Id id, std::string_view why) {
    auto* record = context_.subscriptions.find(id);
    auto& counter = removed_[std::string(why)];
    if (!counter) {
        counter = &context_.metrics.counter("herald_subscriptions_removed_total",
                                            "Subscriptions removed because of what a NOTIFY met",
                                            {{"why", std::string(why)}});
    }
    counter->add();
    base::log_info("subscription.removed", {{"call_id", record->get(Part::call_id)},
                                            {"resource", context_.resources[record->resource].aor},
                                            {"why", why}});
    if (record->state != SubscriptionState::ending) {
        context_.port.commit(store::RemoveSubscription{record->id, {}, {}}, nullptr);
    }
    forget(id);
}

void NotifySender::refresh_target(Id id, Subscription& record, const sip::Message& message) {
    const auto contact = sip::sole_contact(message);
    if (!contact || contact->uri == record.get(Part::remote_target)) return;
    auto parts = record.text.parts();
    const std::string target(contact->uri);
    parts[static_cast<std::size_t>(Part::remote_target)] = target;
    context_.subscriptions.retext(id, PackedText(parts));
    record.has_strayed = true;
}

bool NotifySender::has_way(Id id, Subscription& record) {
    if (context_.stack.transport().is_open(record.flow)) return true;
    if (take_detour(id, record)) return true;
    if (detours_.count(pack(id)) == 0) give_up_way(id, record);
    return false;
}

/// The next address that might reach the watcher (RFC 3263 4.3); starts looking for addresses where
/// that was not done.
bool NotifySender::take_detour(Id id, Subscription& record) {
    auto found = detours_.find(pack(id));
    if (found == detours_.end()) {
        look_for_way(id, record);
        return false;
    }
    auto& detour = found->second;
    while (detour.next < detour.targets.size()) {
        const auto& target = detour.targets[detour.next++];
        auto flow = context_.stack.transport().open(target.protocol, target.endpoint);
        if (!flow) continue;
        reroute(id, record, *flow);
        return true;
    }
    if (!detour.is_locating) detours_.erase(found);
    return false;
}

void NotifySender::look_for_way(Id id, const Subscription& record) {
    detours_[pack(id)].is_locating = true;
    locator_.locate(next_hop_uri(record),
                    [self = self_, id](Result<std::vector<sip::Target>> targets) {
                        if (!*self) return;
                        auto& sender = **self;
                        auto* waiting = sender.context_.subscriptions.find(id);
                        const auto found = sender.detours_.find(pack(id));
                        if (!waiting || found == sender.detours_.end()) return;
                        found->second.is_locating = false;
                        if (targets) found->second.targets = *std::move(targets);
                        // The address that just failed is no other way; a stream that ended may
                        // well be opened again.
                        if (!sip::is_reliable(waiting->flow.protocol)) {
                            std::erase(found->second.targets,
                                       sip::Target{waiting->flow.protocol, waiting->flow.peer});
                        }
                        if (sender.take_detour(id, *waiting)) return sender.repeat(id);
                        sender.give_up_way(id, *waiting);
                    });
}

}  // namespace herald::server
