// store/postgres/database_clock.h: what the database's clock shows, told to who follows it; what
// ours does is noted in the same breath.
#pragma once

#include <functional>
#include <optional>

#include "base/following_clock.h"
#include "base/time.h"
#include "store/database_time.h"
#include "store/postgres/pipeline.h"
#include "store/postgres/session.h"

namespace herald::store {

class DatabaseClock {
public:
    /// As OnDatabaseClock (store/open.h); may be empty.
    using Listener = std::function<void(const DatabaseTime&)>;

    /// Readings are against `clock`.
    DatabaseClock(const base::Clock& clock, Listener listener);

    bool is_followed() const noexcept { return bool(listener_); }
    /// The best of some readings. Faults: io.
    Result<base::ClockReading> read(Session& session) const;
    /// From here on `clock` can show the same, or what nodes do.
    void start(const DatabaseTime& time) const;
    /// Tells another reading, and lets the heart of the node beat. A connection that is lost
    /// meanwhile is found to be by whatever comes next.
    void look(Session& session, const Member& member, const Patience& patience) const;

private:
    std::optional<base::Duration> ask(Session& session, const Member& member,
                                      const Patience& patience) const;

    const base::Clock& clock_;
    const Listener listener_;
};

}  // namespace herald::store
