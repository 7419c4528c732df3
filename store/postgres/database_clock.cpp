// store/postgres/database_clock.cpp: what the database's clock shows, told to who follows it; what
// ours does is noted in the same breath.
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

Result<base::ClockReading> DatabaseClock::read(Session& session) const {
    std::optional<base::ClockReading> best;
    for (int looks = 0; looks < kClockLooks; ++looks) {
        const base::Instant asked = clock_.now();
        const auto said = session.number(kClock);
        if (!said) return said.fault();
        const auto reading = base::reading_of(asked, clock_.now(), base::Duration(*said));
        if (!best || reading.within < best->within) best = reading;
    }
    return *best;
}

void DatabaseClock::start(const DatabaseTime& time) const {
    if (listener_) listener_(time);
}

void DatabaseClock::look(Session& session, const Member& member, const Patience& patience) const {
    if (!listener_ && member.node.run == 0) return;
    const base::Instant asked = clock_.now();
    const auto said = ask(session, member, patience);
    if (said && listener_) listener_({base::reading_of(asked, clock_.now(), *said), {}});
}

std::optional<base::Duration> DatabaseClock::ask(Session& session, const Member& member,
                                                 const Patience& patience) const {
    if (member.node.run == 0) return Pipeline::ask_clock(session, patience);
    return Pipeline::beat(session, member, {clock_.wall(), clock_.now()}, patience);
}

}  // namespace herald::store
