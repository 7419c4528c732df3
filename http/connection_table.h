// http/connection_table.h: the connections of the HTTP server: watched, timed, and what they take
// together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/id.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "base/task.h"
#include "http/connection.h"
#include "http/limits.h"

namespace herald::http {

/// On the thread of its loop. A Connection stays in its place until it is closed.
class ConnectionTable {
public:
    struct Hooks {
        base::Task<void(base::SlotId id, std::uint32_t events)> ready;
        base::Task<void(base::SlotId id)> late;
        /// One is gone; `stream` is what it read, null: it read no events.
        base::Task<void(const EventStream* stream)> closed;
    };
    ConnectionTable(base::Loop& loop, base::Metrics& metrics, const Limits& limits, Hooks hooks);
    ~ConnectionTable();
    ConnectionTable(const ConnectionTable&) = delete;
    ConnectionTable& operator=(const ConnectionTable&) = delete;

    void add(sip::Socket socket, const sip::Endpoint& peer,
             std::unique_ptr<sip::TlsSession> session);
    void close(std::uint32_t slot);
    /// Closes the connection that has waited longest for a head. False: all are busy.
    bool make_room();

    Connection& operator[](std::uint32_t slot) noexcept { return connections_[slot]; }
    Connection* find(base::SlotId id) noexcept { return connections_.find(id); }
    bool holds(base::SlotId id) const noexcept { return connections_.holds(id); }
    base::SlotId id_of(std::uint32_t slot) const noexcept { return connections_.id_of(slot); }
    template <class Visit>
    void for_each(Visit&& visit) {
        connections_.for_each(std::forward<Visit>(visit));
    }
    std::size_t size() const noexcept { return connections_.size(); }

    /// It is late after `limit`, unless it is to wait anew, or for nothing, until then.
    void wait(std::uint32_t slot, base::Duration limit);
    void wait_no_more(std::uint32_t slot) { loop_.timers().cancel(connections_[slot].timer); }
    /// After a change of what it wants to do.
    void rewatch(std::uint32_t slot);
    /// After a change of its buffers.
    void charge(std::uint32_t slot);
    /// Readers that take their time must leave room for those of other sources.
    bool is_crowded(const Connection& connection) const;

private:
    base::Loop& loop_;
    const Limits limits_;
    Hooks hooks_;
    const base::Timers::Owner owner_;
    base::Counter& open_;
    base::Counter& buffered_;
    base::Counter& gave_way_;
    base::Slab<Connection> connections_;
    std::size_t used_ = 0;  ///< bytes, as charged
    const std::uint64_t seed_ = base::random_key()[0];
    std::unordered_map<std::uint64_t, std::size_t> by_source_;  ///< ... of each, none of them zero
};

}  // namespace herald::http
