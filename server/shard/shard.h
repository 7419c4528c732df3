// server/shard/shard.h: one thread's share of everything: requests in, the right part of the server
// called.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "server/access/audit.h"
#include "server/core/context.h"
#include "server/core/subject.h"
#include "sip/stack.h"
#include "store/store.h"

namespace herald::sip {
class Locator;
}

namespace herald::server {

class Agents;
class Bindings;
class CellKeeper;
class Compositor;
class EarlierSubscriptions;
class Edge;
class Feed;
class Link;
class LiveSubscriptions;
class Messaging;
class MovedSubscriptions;
class NotifySender;
class Porter;
class Profiles;
class Publications;
class Reception;
class RecoveredRows;
class Registrar;
class RegistrationOrders;
class StateOrders;
class SubscribeRequests;
class WatcherList;
class WatcherRights;
class WatcherRules;

/// What all shards of a process have in common; outlives them.
struct ShardSetup {
    const Config& config;
    const Domains& domains;
    store::Store& store;
    std::atomic<std::uint64_t>& ids;
    Limits& limits;
    unsigned index = 0;
    unsigned count = 1;                  ///< of shards
    Peers* peers = nullptr;              ///< of all of them; nullptr: this one is alone
    Loads* loads = nullptr;              ///< of all shards; null: of this one
    Feed* feed = nullptr;                ///< what happens is told there; null: nowhere
    Profiles* profiles = nullptr;        ///< of the process; null: this shard has its own
    const CellEpochs* epochs = nullptr;  ///< likewise
};

/// Owns a shard's state and is used on its loop's thread only (before the loop runs: on the thread
/// that made it).
class Shard {
public:
    Shard(base::Loop& loop, sip::Transport& transport, base::Metrics& metrics,
          const ShardSetup& setup, Link* link);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    sip::Stack& stack() noexcept { return *stack_; }
    base::Loop& loop() noexcept { return loop_; }
    Context& context() noexcept { return *context_; }
    const WatcherList& watcher_list() const noexcept { return *watcher_list_; }
    EarlierSubscriptions& earlier_subscriptions() noexcept { return *earlier_subscriptions_; }
    LiveSubscriptions& live_subscriptions() noexcept { return *live_subscriptions_; }
    MovedSubscriptions& moved_subscriptions() noexcept { return *moved_subscriptions_; }
    WatcherRules& watcher_rules() noexcept { return *watcher_rules_; }
    Audit& audit() noexcept { return audit_; }
    WatcherRights& watcher_rights() noexcept { return *watcher_rights_; }
    Compositor& compositor() noexcept { return *compositor_; }
    StateOrders& orders() noexcept { return *orders_; }
    Agents& agents() noexcept { return *agents_; }
    CellKeeper& keeper() noexcept { return *keeper_; }
    RecoveredRows& rows() noexcept { return *rows_; }
    Bindings& bindings() noexcept;
    RegistrationOrders& registration_orders() noexcept { return *registration_orders_; }
    Messaging& messaging() noexcept { return *messaging_; }
    NotifySender& sender() noexcept { return *sender_; }
    store::Port& port() noexcept { return *port_; }

    /// Takes over the reloadable keys of `fresh`.
    void reload(const Config& fresh);
    /// The wall clock of this thread was moved ahead just now.
    void on_clock_step(base::Duration ahead);
    /// A clean stop: watchers whose flow dies with the process are told, confirmations
    /// are written. The loop must still turn until is_drained().
    void retire();
    bool is_drained() const;

private:
    void install_packages();

    base::Loop& loop_;
    Config config_;  ///< this shard's own copy: reloaded on its thread
    std::unique_ptr<Peers> alone_;
    std::unique_ptr<Profiles> own_profiles_;
    std::unique_ptr<CellEpochs> own_epochs_;
    ResourceTable resources_;
    SubscriptionTable subscriptions_;
    FanOut fan_out_;
    CellRest rest_;
    Accounts accounts_;
    Aliases aliases_;
    Policies policies_;
    Audit audit_;
    const SubjectReader subjects_;
    std::unique_ptr<store::Port> port_;
    std::unique_ptr<Porter> porter_;
    std::unique_ptr<sip::Stack> stack_;
    std::unique_ptr<Authenticator> authenticator_;
    std::unique_ptr<sip::Locator> locator_;
    std::unique_ptr<Context> context_;
    std::unique_ptr<NotifySender> sender_;
    std::unique_ptr<WatcherList> watcher_list_;
    std::unique_ptr<LiveSubscriptions> live_subscriptions_;
    std::unique_ptr<EarlierSubscriptions> earlier_subscriptions_;
    std::unique_ptr<MovedSubscriptions> moved_subscriptions_;
    std::unique_ptr<WatcherRules> watcher_rules_;
    std::unique_ptr<WatcherRights> watcher_rights_;
    std::unique_ptr<SubscribeRequests> subscribe_requests_;
    std::unique_ptr<Publications> publications_;
    std::unique_ptr<Compositor> compositor_;
    std::unique_ptr<StateOrders> orders_;
    std::unique_ptr<Agents> agents_;
    std::unique_ptr<Registrar> registrar_;
    std::unique_ptr<RegistrationOrders> registration_orders_;
    std::unique_ptr<Edge> edge_;
    Messaging* messaging_ = nullptr;  ///< of the agents, the one that requests go to
    std::unique_ptr<RecoveredRows> rows_;
    std::unique_ptr<CellKeeper> keeper_;
    std::unique_ptr<Reception> reception_;
};

}  // namespace herald::server
