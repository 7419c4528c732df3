// base/budget.h: what many hold together, each no more than a share: bytes of one kind of thing in
// the whole process.
#pragma once

#include <cstdint>
#include <memory>

#include "base/metrics.h"

namespace herald::base {

/// What it gave out may outlive it: a commit that is still on its way holds what it made. Any
/// thread; locked for one look-up at a time.
class Budget {
public:
    Budget();
    ~Budget();
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    static constexpr std::uint64_t kAny = UINT64_MAX;
    struct Most {
        std::uint64_t bytes = kAny;
        std::uint64_t bytes_each = kAny;  ///< of one holder
        std::uint64_t things = kAny;
    };
    /// Counts until its last copy is gone.
    using Share = std::shared_ptr<const void>;

    /// A share for `holder`, a keyed hash of whoever fills the table; null where that is too much.
    Share take(std::uint64_t holder, std::uint64_t bytes, const Most& most);
    /// A share of what cannot be refused: it is there already, or an operator's.
    Share hold(std::uint64_t holder, std::uint64_t bytes);
    /// Whether take() would give one now.
    bool has_room(std::uint64_t holder, std::uint64_t bytes, const Most& most) const;

    std::uint64_t bytes() const;
    std::uint64_t things() const;
    /// Keeps `gauge`, which nobody else writes, at bytes().
    void show_in(Counter& gauge);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace herald::base
