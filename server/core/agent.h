// server/core/agent.h: what something needs beside the pure functions of a
// package: requests of its own, state that follows other state, timers.
//
// One object of each kind a shard, listed in shard/agents.cpp. It is told what
// happens in its shard and overrides what it wants to hear of; nobody else
// knows that it is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/core/bucket.h"
#include "server/core/forgetting.h"
#include "sip/message.h"
#include "sip/transaction.h"
#include "store/records.h"

namespace herald::server {

/// Called on the shard's thread.
class Agent {
public:
    Agent() = default;
    virtual ~Agent() = default;
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Whether rows like this one are its own to recover(); those of no agent are
    /// publications.
    virtual bool takes(const store::Publication& /*row*/) const { return false; }
    /// A row that it takes, before the first request. Nothing runs out before
    /// `not_before`.
    virtual void recover(store::Publication /*row*/, base::WallTime /*not_before*/) {}
    /// After the last row of these cells, before anybody is told anything.
    virtual void resume(const Cells& /*cells*/) {}
    /// The cell is on its way out: what is kept for later about its addresses is
    /// handed to the store now. Called again as long as that goes on.
    virtual void on_departure(Cell /*cell*/) {}
    /// Whether a change of the cell's addresses is still to reach the store: it
    /// does not go before.
    virtual bool has_changes(Cell /*cell*/) const { return false; }
    /// Whether something was sent on behalf of them and is not answered yet: that
    /// is waited for, a second at most.
    virtual bool has_flights(Cell /*cell*/) const { return false; }
    /// What it holds of the cell's addresses leaves memory, timers included, and
    /// nobody is told: as much as fits in a step (core/forgetting.h); called again
    /// until it is done. No change of them is under way in the store.
    virtual void forget_some(Cell cell, Forgetting& forgetting) = 0;
    /// ... all at once.
    void forget(Cell cell);
    /// How many things it holds, in all its containers.
    virtual std::size_t held() const noexcept = 0;

    /// The state of a resource changed; its watchers are not told yet.
    virtual void on_changed(std::uint32_t /*resource*/) {}
    /// A binding was made or refreshed, durably, by a device on `flow`, in the
    /// text form bindings keep; empty: an operator did it.
    virtual void on_registered(const std::string& /*aor*/, std::string_view /*flow*/) {}
    /// A stream ended.
    virtual void on_flow_closed(const sip::Flow& /*flow*/) {}
    /// A NOTIFY outside the dialogs of our watchers. True: it was answered.
    virtual bool on_notify(sip::ServerTransactionId /*transaction*/,
                           const sip::Message& /*request*/) {
        return false;
    }
};

inline void Agent::forget(Cell cell) {
    Forgetting forgetting;
    do {
        forgetting.begin();
        forget_some(cell, forgetting);
    } while (!forgetting.is_done());
}

}  // namespace herald::server
