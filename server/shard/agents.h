// server/shard/agents.h: the agents of one shard: the list of them, and what
// happens told to all.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/agent.h"
#include "server/core/context.h"

namespace herald::sip {
class Locator;
}

namespace herald::server {

class Audit;
class Devices;
class Feed;
class NotifySender;
class Profiles;
class Publications;
class StateOrders;
class WatcherList;

/// What agents are made from; outlives them.
struct AgentParts {
    Context& context;
    Peers& peers;
    sip::Locator& locator;
    Publications& publications;
    StateOrders& orders;
    WatcherList& watchers;
    NotifySender& sender;
    Audit& audit;
    Profiles& profiles;
    Feed* feed = nullptr;  ///< none: nobody is told what happens
};

/// Owned by the Shard, on its thread.
class Agents {
public:
    explicit Agents(const AgentParts& parts);
    ~Agents();

    /// The agent of a kind there is; for operators' calls.
    template <class T>
    T& get() const {
        for (const auto& each : all_) {
            if (auto* found = dynamic_cast<T*>(each.get())) return *found;
        }
        std::abort();  // it is in the list
    }

    /// True if an agent took the row, which is left as it was otherwise.
    bool recover(store::Publication& row, base::WallTime not_before);
    const std::vector<std::unique_ptr<Agent>>& all() const noexcept { return all_; }
    void on_departure(Cell cell);
    bool has_changes(Cell cell) const;
    bool has_flights(Cell cell) const;
    void forget(Cell cell);
    std::size_t held() const noexcept;
    void on_flow_closed(const sip::Flow& flow);
    bool on_notify(sip::ServerTransactionId transaction, const sip::Message& request);

private:
    template <class T, class... Parts>
    T& add(const AgentParts& parts, Parts&&... given);

    std::unique_ptr<Devices> devices_;  ///< what others ask the registrar
    std::vector<std::unique_ptr<Agent>> all_;
};

}  // namespace herald::server
