// store/postgres/held_store.h: the store while this process has it: a session, and another one in
// the place of one that is lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "base/time.h"
#include "store/postgres/address.h"
#include "store/postgres/pipeline.h"
#include "store/postgres/session.h"
#include "store/postgres/tenure.h"

namespace herald::store {

class HeldStore {
public:
    HeldStore(PostgresAddress address, base::Metrics& metrics);

    /// The first session, before anything is done with it. Faults: io; invalid_configuration where
    /// the server or the database will not do.
    Result<Session> open();
    /// Once its tables are there, and it is locked. Faults: as take_store().
    Status take(Session& session, const NodeSetup& setup, const NodeTime& now);
    /// When everything is ready for commits. Faults: io.
    Status use(Session session);

    /// Not after drop(), until reconnect() succeeds.
    bool is_open() const noexcept { return session_.has_value(); }
    bool is_lost() const { return !session_ || session_->is_lost(); }
    Session& session() noexcept { return *session_; }

    /// A new session in place of a lost one. Faults: conflict (fenced), io. Ends the process where
    /// the store has gone back.
    Result<LaneState> reconnect();
    /// The next try is made with a new session, perhaps to another server.
    void drop();
    /// Marks the run as cleanly ended, with a new session if need be, and closes. Faults: io.
    Status leave(const base::Clock& clock);

    const Tenure& tenure() const noexcept { return tenure_; }
    void note_commit() noexcept { ++tenure_.lane.sequence; }
    /// Another process has the store.
    bool is_fenced() const noexcept { return is_fenced_; }
    void note_fenced() noexcept { is_fenced_ = true; }

    Patience& patience() noexcept { return patience_; }
    /// For the log.
    const std::string& shown() const noexcept { return address_.shown; }

private:
    Result<Session> connect();

    const PostgresAddress address_;
    base::Counter& reconnects_;
    base::Counter& fenced_;
    Patience patience_;
    std::optional<Session> session_;
    Tenure tenure_;
    bool is_fenced_ = false;
};

}  // namespace herald::store
