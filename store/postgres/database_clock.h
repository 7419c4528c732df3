// store/postgres/database_clock.h: what the database's clock shows, told to who follows it.
#pragma once

#include <functional>

#include "base/following_clock.h"
#include "base/time.h"
#include "store/postgres/pipeline.h"
#include "store/postgres/session.h"

namespace herald::store {

class DatabaseClock {
public:
    /// As OnDatabaseClock (store/open.h); may be empty.
    using Listener = std::function<void(const base::ClockReading&)>;

    /// Readings are against `clock`.
    DatabaseClock(const base::Clock& clock, Listener listener);

    /// Tells the best of some readings: from here on `clock` can show the same. Faults: io.
    Status start(Session& session) const;
    /// Tells another reading. A connection that is lost meanwhile is found to be by whatever comes
    /// next.
    void look(Session& session, const Patience& patience) const;

private:
    const base::Clock& clock_;
    const Listener listener_;
};

}  // namespace herald::store
