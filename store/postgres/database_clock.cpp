// store/postgres/database_clock.cpp: what the database's clock shows, told to who follows it.
#include "store/postgres/database_clock.h"

#include <optional>
#include <utility>

namespace herald::store {
namespace {

/// Looks at a start, of which the quickest counts.
constexpr int kClockLooks = 3;

}  // namespace

DatabaseClock::DatabaseClock(const base::Clock& clock, Listener listener)
    : clock_(clock), listener_(std::move(listener)) {}

Status DatabaseClock::start(Session& session) const {
    if (!listener_) return {};
    std::optional<base::ClockReading> best;
    for (int looks = 0; looks < kClockLooks; ++looks) {
        const base::Instant asked = clock_.now();
        const auto said = session.number(kClock);
        if (!said) return said.fault();
        const auto reading = base::reading_of(asked, clock_.now(), base::Duration(*said));
        if (!best || reading.within < best->within) best = reading;
    }
    listener_(*best);
    return {};
}

void DatabaseClock::look(Session& session, const Patience& patience) const {
    if (!listener_) return;
    const base::Instant asked = clock_.now();
    const auto said = Pipeline::ask_clock(session, patience);
    if (said) listener_(base::reading_of(asked, clock_.now(), *said));
}

}  // namespace herald::store
