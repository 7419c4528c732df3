// server/shard/shard.cpp: one thread's share of everything: requests in, the right part of the
// server called.
#include "server/shard/shard.h"

#include <utility>

#include "base/idle_trim.h"
#include "server/core/answers.h"
#include "server/core/flow_text.h"
#include "server/core/watcher_list.h"
#include "server/message/edge.h"
#include "server/message/messaging.h"
#include "server/notify/earlier_subscriptions.h"
#include "server/notify/live_subscriptions.h"
#include "server/notify/moved_subscriptions.h"
#include "server/notify/notify_sender.h"
#include "server/notify/subscribe_requests.h"
#include "server/notify/watcher_rights.h"
#include "server/notify/watcher_rules.h"
#include "server/provisioning/profile_keeper.h"
#include "server/publish/compositor.h"
#include "server/publish/state_orders.h"
#include "server/register/registrar.h"
#include "server/register/registration_orders.h"
#include "server/shard/agents.h"
#include "server/shard/cell_keeper.h"
#include "server/shard/link.h"
#include "server/shard/reception.h"
#include "server/shard/refusal_log.h"
#include "sip/locate.h"

namespace herald::server {

namespace {

sip::StackOptions stack_options(const ShardSetup& setup) {
    const auto& config = setup.config;
    sip::StackOptions options;
    options.shard = setup.index;
    options.shards = setup.count;
    options.timers.t1 = std::chrono::milliseconds(config.t1_ms);
    options.timers.t2 = std::chrono::milliseconds(config.t2_ms);
    options.limits.message = config.max_message;
    options.limits.body = config.max_body;
    options.limits.headers = config.max_headers;
    options.lasting_key = setup.store.home().lasting_key;
    options.max_server_transaction_bytes = setup.config.max_answered_bytes / setup.count;
    options.max_pending_bytes = setup.config.max_pending_bytes / setup.count;
    options.targets = setup.limits.targets;
    options.trusted_peers = setup.config.trusted_peers;
    options.allow_events = allowed_events();
    options.has_overload_control = config.overload_control;
    return options;
}

/// TLS is spoken by who listens for it too.
std::vector<sip::Protocol> spoken(const sip::Transport& transport) {
    std::vector<sip::Protocol> protocols{sip::Protocol::udp, sip::Protocol::tcp};
    for (const auto& listener : transport.listeners()) {
        if (listener.protocol != sip::Protocol::tls) continue;
        protocols.push_back(sip::Protocol::tls);
        break;
    }
    return protocols;
}

sip::LocatorOptions locator_options(const ShardSetup& setup, const sip::Transport& transport,
                                    base::Metrics& metrics) {
    sip::LocatorOptions options;
    options.protocols = spoken(transport);
    options.servers = setup.config.dns_servers;
    options.targets = setup.limits.targets;
    options.refused =
        &metrics.counter("herald_sip_targets_refused_total",
                         "Addresses in Contacts, Routes and Paths that peers may not name");
    return options;
}

}  // namespace

Shard::Shard(base::Loop& loop, sip::Transport& transport, base::Metrics& metrics,
             const ShardSetup& setup, Link* link)
    : loop_(loop),
      config_(setup.config),
      alone_(setup.peers ? nullptr : std::make_unique<Peers>(setup.store.home().bucket_key, 1)),
      own_profiles_(setup.profiles ? nullptr : std::make_unique<Profiles>()),
      own_epochs_(setup.epochs ? nullptr : std::make_unique<CellEpochs>(setup.store.home().epoch)),
      resources_(metrics),
      subscriptions_(metrics, resources_, setup.loads, setup.index),
      fan_out_(loop, resources_),
      accounts_(name_hashes(config_)),
      subjects_(setup.domains, setup.store.home(), aliases_),
      refusals_(std::make_unique<RefusalLog>(metrics, loop.clock())),
      port_(setup.store.attach(loop)) {
    stack_ =
        std::make_unique<sip::Stack>(loop, transport, *this, metrics, stack_options(setup), link);
    install_packages();
    authenticator_ = std::make_unique<Authenticator>(
        AuthenticatorSetup{config_, setup.domains, accounts_, aliases_, setup.store.home(),
                           setup.limits, loop.clock(), metrics});
    locator_ = std::make_unique<sip::Locator>(loop, locator_options(setup, transport, metrics));
    context_ = std::make_unique<Context>(Context{config_,
                                                 setup.domains,
                                                 setup.store.home(),
                                                 setup.epochs ? *setup.epochs : *own_epochs_,
                                                 setup.ids,
                                                 loop,
                                                 *stack_,
                                                 *port_,
                                                 accounts_,
                                                 aliases_,
                                                 policies_,
                                                 *authenticator_,
                                                 setup.limits,
                                                 resources_,
                                                 subscriptions_,
                                                 fan_out_,
                                                 metrics,
                                                 setup.peers ? *setup.peers : *alone_,
                                                 setup.index,
                                                 setup.count});
    sender_ = std::make_unique<NotifySender>(*context_, *locator_);
    watcher_list_ = std::make_unique<WatcherList>(
        resources_, subscriptions_, [this](std::uint32_t resource) { fan_out_.changed(resource); });
    live_subscriptions_ = std::make_unique<LiveSubscriptions>(*context_, *sender_, *watcher_list_);
    earlier_subscriptions_ =
        std::make_unique<EarlierSubscriptions>(*context_, *sender_, *live_subscriptions_);
    watcher_rules_ = std::make_unique<WatcherRules>(*context_, *sender_, *live_subscriptions_);
    watcher_rights_ =
        std::make_unique<WatcherRights>(*context_, *live_subscriptions_, *watcher_rules_);
    moved_subscriptions_ = std::make_unique<MovedSubscriptions>(*context_, *live_subscriptions_);
    subscribe_requests_ = std::make_unique<SubscribeRequests>(
        *context_, *sender_, *live_subscriptions_, *earlier_subscriptions_);
    publications_ = std::make_unique<Publications>(*context_);
    compositor_ = std::make_unique<Compositor>(*context_, *publications_);
    orders_ = std::make_unique<StateOrders>(*context_, *publications_);
    auto& peers = setup.peers ? *setup.peers : *alone_;
    peers.join(setup.index, loop);
    peers.offer(setup.index, *stack_);
    peers.offer(setup.index, sender_->silent());
    peers.offer(setup.index, sender_->ways());
    agents_ = std::make_unique<Agents>(
        AgentParts{*context_, peers, *locator_, *publications_, *orders_, *watcher_list_, *sender_,
                   audit_, setup.profiles ? *setup.profiles : *own_profiles_, setup.feed});
    auto& bindings = agents_->get<Bindings>();
    registrar_ = std::make_unique<Registrar>(*context_, *publications_, bindings);
    registration_orders_ =
        std::make_unique<RegistrationOrders>(*context_, *publications_, bindings);
    messaging_ = &agents_->get<Messaging>();
    edge_ = std::make_unique<Edge>(*context_, *locator_);
    keeper_ = std::make_unique<CellKeeper>(CellKeeperParts{
        *context_, sender_->confirmations(), [this](Cell cell) { forget(cell); },
        [this](Cell cell) { return messaging_->is_delivering(cell); },
        [this](sip::ServerTransactionId id, const sip::Message& message, const sip::Flow& flow) {
            reception_->receive_again(id, message, flow);
        }});
    reception_ = std::make_unique<Reception>(
        ReceptionParts{*context_, link, subjects_, *agents_, bindings, *subscribe_requests_,
                       *compositor_, *registrar_, *messaging_, *edge_, keeper_->held()});
    idle_trim_ = std::make_unique<base::IdleTrim>(loop);
}

Shard::~Shard() = default;

Bindings& Shard::bindings() noexcept {
    return agents_->get<Bindings>();
}

/// Hands every package what it made of the configuration.
void Shard::install_packages() {
    for (const auto* package : packages::all())
        resources_.installed(*package).settings = config_.package_settings.of(*package);
}

void Shard::reload(const Config& fresh) {
    const auto defaults = std::exchange(config_.authz_defaults, {});
    config_ = reloaded(std::move(config_), fresh);
    install_packages();
    if (config_.authz_defaults != defaults) watcher_rules_->judge_all();
    agents_->get<ProfileKeeper>().refresh();
}

void Shard::recover(store::Publication row, base::WallTime not_before) {
    if (!agents_->recover(row, not_before)) compositor_->recover(std::move(row), not_before);
}

void Shard::recover(const store::Subscription& row, base::WallTime not_before) {
    const auto flow = flow_from_text(row.flow);
    if (flow.peer.is_valid())
        context_->limits.guesses.succeeded({row.watcher, flow.peer}, loop_.now());
    earlier_subscriptions_->recover(row, not_before);
}

void Shard::recover(const store::Message& row) {
    messaging_->stored().recover(row);
}

bool Shard::recover(const store::Confirmation& row) {
    const auto* package = packages::find(row.package);
    const auto slot = package ? resources_.find(*package, row.aor) : Resource::kNone;
    if (slot == Resource::kNone || resources_[slot].watchers.empty()) return false;
    resources_[slot].confirmed_fingerprint = row.fingerprint;
    resources_[slot].confirmed_through = row.through;
    return true;
}

void Shard::load(Cell cell, const store::CellRows& rows, base::WallTime not_before) {
    watcher_list_->pause();
    agents_->on_loading();
    for (const auto& row : rows.publications) recover(row, not_before);
    for (const auto& row : rows.subscriptions) recover(row, not_before);
    for (auto row : rows.confirmations) {
        if (recover(row)) continue;
        row.through = 0;
        port_->commit(store::PutConfirmation{std::move(row)}, nullptr);
    }
    for (const auto& row : rows.messages) recover(row);
    resume({cell});
}

void Shard::resume(const Cells& cells) {
    agents_->resume(cells);
    std::vector<std::uint32_t> slots;
    resources_.for_each([&](std::uint32_t slot, const Resource& resource) {
        if (context_->is_in(cells, resource.aor)) slots.push_back(slot);
    });
    for (const auto slot : slots) {
        sender_->resume(slot);
        resources_.drop_if_idle(slot);
    }
    if (!cells.one) live_subscriptions_->resume();
    earlier_subscriptions_->resume();
    watcher_list_->resume();
    watcher_rights_->resume(cells);
    watcher_rules_->resume(cells);
    moved_subscriptions_->end_all(cells);
    loop_.timers().cancel(copies_end_);
    copies_end_ = loop_.timers().arm(loop_.now() + kTombstoneLife, [this] {
        copies_end_ = {};
        earlier_subscriptions_->forget_tombstones();
        compositor_->forget_tombstones();
    });
}

void Shard::on_clock_step(base::Duration ahead) {
    live_subscriptions_->on_clock_step(ahead);
    publications_->on_clock_step(ahead);
    agents_->get<Bindings>().on_clock_step(ahead);
    messaging_->on_clock_step(ahead);
}

/// Agents first: they find what they hold by what the other parts hold.
void Shard::forget(Cell cell) {
    agents_->forget(cell);
    watcher_rules_->forget(cell);
    live_subscriptions_->forget(cell);
    earlier_subscriptions_->forget(cell);
    compositor_->forget(cell);
    publications_->forget(cell);
}

void Shard::retire() {
    std::vector<SubscriptionTable::Id> dying;
    subscriptions_.for_each([&](std::uint32_t slot, const Subscription& record) {
        if (!record.is_live() || !sip::is_reliable(record.flow.protocol)) return;
        const auto target = sip::parse_uri(record.get(PackedText::Part::remote_target));
        const bool is_reachable = target && sip::numeric_target(*target) ==
                                                sip::Target{record.flow.protocol, record.flow.peer};
        const bool has_route = !record.get(PackedText::Part::route_set).empty();
        if (!is_reachable && !has_route) dying.push_back(subscriptions_.id_of(slot));
    });
    for (const auto id : dying) {
        port_->commit(store::RemoveSubscription{subscriptions_.find(id)->id, {}, {}}, nullptr);
        sender_->end(id, EndReason::deactivated);
    }
    sender_->confirmations().flush();
}

bool Shard::is_drained() const {
    return port_->waiting() == 0;
}

void Shard::on_flow_closed(const sip::Flow& flow) {
    agents_->on_flow_closed(flow);
    // Other shards may have transactions on the stream: its owner tells them.
    if (!sip::is_reliable(flow.protocol) || flow.shard != context_->shard) return;
    context_->peers.post_to_others<sip::Stack>(
        context_->shard, [flow](sip::Stack& stack) { stack.on_flow_closed(flow); });
}

void Shard::on_refused(const sip::Message& request, const sip::Flow& flow,
                       const sip::Answer& answer) {
    refusals_->note(request, flow, answer);
}

void Shard::on_sign_of_life(const sip::Flow& flow) {
    asking_ = flow.peer;
    sender_->silent().on_sign_of_life(flow);
}

bool Shard::admits(const sip::Message& request, sip::Load load) {
    return is_worth_serving(request, shares_.judged(asking_, load, loop_.now()));
}

sip::Role Shard::role_for(const sip::Message& request, const sip::Flow& flow) const {
    return edge_->role_for(request, flow);
}

void Shard::pass_on(const sip::Message& request, const sip::Flow& flow) {
    idle_trim_->note_work();
    edge_->pass_on(request, flow);
}

bool Shard::pass_back(const sip::Message& answer) {
    return edge_->pass_back(answer);
}

void Shard::on_request(sip::ServerTransactionId id, const sip::Message& message,
                       const sip::Flow& flow) {
    idle_trim_->note_work();
    reception_->receive(id, message, flow);
}

}  // namespace herald::server
