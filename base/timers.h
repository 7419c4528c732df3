// base/timers.h: a hierarchical timer wheel (4 levels of 256 slots, one millisecond a tick).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/task.h"
#include "base/time.h"

namespace herald::base {

/// Names one armed timer; a default TimerId names none. Stale ids are harmless.
struct TimerId {
    std::uint32_t slot = UINT32_MAX;
    std::uint32_t generation = 0;
    explicit operator bool() const noexcept { return slot != UINT32_MAX; }
};

/// Timers of one thread. Arm, cancel and re-arm cost O(1) and no allocation once the pool has grown; a timer
/// costs 24 bytes. Never fires early; fires at most one tick late plus the caller's own delay. Range: 49 days, later clamps.
class Timers {
public:
    /// Gets the payload given to arm().
    using Handler = Task<void(std::uint64_t payload)>;
    using Owner = std::uint8_t;

    explicit Timers(Instant start);
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;

    /// Registers who is called for a kind of timer; at most 255 owners live as long as the wheel.
    Owner add_owner(Handler handler);

    TimerId arm(Owner owner, std::uint64_t payload, Instant when);
    /// A one-shot closure, for cold paths.
    TimerId arm(Instant when, Task<void()> action);
    /// Cancels if still armed and resets the id.
    void cancel(TimerId& id) noexcept;
    bool is_armed(TimerId id) const noexcept;

    /// Fires everything due at `now`, in order of expiry tick. Handlers may arm and cancel.
    void advance(Instant now);
    /// When advance() should next be called; may be earlier than the next expiry (a cascade), never later.
    std::optional<Instant> next() const;
    std::size_t size() const noexcept { return armed_; }

private:
    struct Node {
        std::uint32_t next;
        std::uint32_t previous;
        std::uint32_t tick;
        std::uint32_t generation : 24;
        std::uint32_t owner : 8;
        std::uint64_t payload;
    };

    static constexpr std::uint32_t kLevels = 4;
    static constexpr std::uint32_t kSlots = 256;
    static constexpr std::uint32_t kNone = UINT32_MAX;

    std::uint32_t tick_of(Instant when) const noexcept;
    std::uint32_t take_node();
    void link(std::uint32_t node);
    void unlink(std::uint32_t node) noexcept;
    void release(std::uint32_t node) noexcept;
    void cascade(std::uint32_t level, std::uint32_t slot);
    void fire(std::uint32_t slot);

    Instant start_;
    std::uint32_t tick_ = 0;
    std::size_t armed_ = 0;
    std::vector<Node> nodes_;
    std::uint32_t free_ = kNone;
    std::array<std::uint32_t, kLevels * kSlots> heads_;
    std::array<std::uint64_t, kLevels * kSlots / 64> occupied_{};
    std::vector<Handler> owners_;
    std::vector<Task<void()>> actions_;
    std::vector<std::uint32_t> free_actions_;
};

}  // namespace herald::base
