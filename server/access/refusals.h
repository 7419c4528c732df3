// server/access/refusals.h: who was refused, told to the log and to who listens.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/listeners.h"
#include "base/task.h"
#include "base/time.h"
#include "server/access/limits.h"
#include "sip/endpoint.h"

namespace herald::server {

/// A line for each refusal, but not more of them than a disk can take. One per shard.
class Refusals {
public:
    /// Both outlive it.
    Refusals(Limits& limits, const base::Clock& clock) : limits_(limits), clock_(clock) {}

    /// A refusal that is told, of those that are not too many.
    struct Refused {
        std::string_view aor;   ///< of the account; empty: there is none
        std::string_view user;  ///< as it was sent
        sip::Endpoint peer;
        std::string_view why;
    };
    void tell(const Refused& refused);
    /// Adds a listener, called with what the log is told.
    void on_told(base::Task<void(const Refused&)> listener) { listeners_.add(std::move(listener)); }

private:
    Limits& limits_;
    const base::Clock& clock_;
    base::Listeners<const Refused&> listeners_;
    std::uint64_t untold_ = 0;  ///< since the last one in the log
};

}  // namespace herald::server
