// store/starts.h: when the runs of a store's process began, as far as that decides how long what
// ran out meanwhile is kept (docs/architecture.md: Restart).
#pragma once

#include <chrono>

#include "base/time.h"
#include "store/store.h"

namespace herald::store {

/// Starts that follow each other sooner count as one: a run that lasts longer, after an outage of
/// no more than a minute, ends all that ran out before it.
inline constexpr std::chrono::seconds kOneStart{135};

struct Starts {
    base::WallTime last{};             ///< the run before this one began; zero: there was none
    base::WallTime unsettled_since{};  ///< the first of those less than kOneStart apart
};

/// Those of a run that begins `now`; `kept` is what the last one left.
constexpr Starts next_start(const Starts& kept, base::WallTime now) noexcept {
    const bool is_apart = kept.unsettled_since == base::WallTime{} || now - kept.last >= kOneStart;
    return {kept.last, is_apart ? now : kept.unsettled_since};
}

/// A store that outlives its process.
class KnowsStarts {
public:
    virtual ~KnowsStarts() = default;
    virtual Starts starts() const noexcept = 0;
};
/// Nothing of a store that knows none.
inline Starts starts_of(const Store& store) {
    const auto* knowing = dynamic_cast<const KnowsStarts*>(&store);
    return knowing ? knowing->starts() : Starts{};
}

}  // namespace herald::store
