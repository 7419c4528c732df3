// server/shard/shard.cpp: one thread's share of everything: requests in, the right part of the
// server called.
#include "server/shard/shard.h"

#include <utility>

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
#include "server/shard/porter.h"
#include "server/shard/reception.h"
#include "server/shard/recovered_rows.h"
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
      resources_(metrics, setup.store.home().bucket_key),
      subscriptions_(metrics, resources_, setup.loads, setup.index),
      fan_out_(loop, resources_),
      accounts_(name_hashes(config_)),
      subjects_(setup.domains, setup.store.home(), aliases_),
      port_(setup.store.attach(loop)),
      porter_(std::make_unique<Porter>(loop, metrics)) {
    stack_ = std::make_unique<sip::Stack>(loop, transport, *porter_, metrics, stack_options(setup),
                                          link);
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
                                                 rest_,
                                                 metrics,
                                                 setup.peers ? *setup.peers : *alone_,
                                                 setup.index,
                                                 setup.count});
    sender_ = std::make_unique<NotifySender>(*context_, *locator_);
    watcher_list_ = std::make_unique<WatcherList>(
        resources_, subscriptions_, rest_,
        [this](std::uint32_t resource) { fan_out_.changed(resource); });
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
    peers.share(setup.index, rest_);
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
    const CellParts parts{*context_,
                          *agents_,
                          *publications_,
                          *compositor_,
                          *sender_,
                          *watcher_list_,
                          *live_subscriptions_,
                          *earlier_subscriptions_,
                          *moved_subscriptions_,
                          *watcher_rules_,
                          *watcher_rights_};
    rows_ = std::make_unique<RecoveredRows>(parts);
    keeper_ = std::make_unique<CellKeeper>(
        parts, *rows_,
        [this](sip::ServerTransactionId id, const sip::Message& message, const sip::Flow& flow) {
            reception_->receive_again(id, message, flow);
        });
    reception_ = std::make_unique<Reception>(
        ReceptionParts{*context_, link, subjects_, *agents_, bindings, *subscribe_requests_,
                       *compositor_, *registrar_, *messaging_, *edge_, keeper_->held()});
    porter_->begin({*context_, *agents_, *sender_, *edge_, *reception_});
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

void Shard::on_clock_step(base::Duration ahead) {
    live_subscriptions_->on_clock_step(ahead);
    publications_->expiry().on_clock_step(ahead);
    agents_->get<Bindings>().on_clock_step(ahead);
    messaging_->on_clock_step(ahead);
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
        live_subscriptions_->end(id, EndReason::deactivated);
    }
    sender_->confirmations().flush();
}

bool Shard::is_drained() const {
    return port_->waiting() == 0;
}

}  // namespace herald::server
