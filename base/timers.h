// base/timers.h: a hierarchical timer wheel (4 levels of 256 slots, one millisecond a tick).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
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

/// Timers of one thread. Arm, cancel and re-arm cost O(1) and no allocation once the pool has
/// grown; a timer costs 24 bytes. Never fires early; fires at most one tick late plus the caller's
/// own delay. Range: 49 days, later clamps.
class Timers {
public:
    /// Gets the payload given to arm().
    using Handler = Task<void(std::uint64_t payload)>;
    using Owner = std::uint8_t;

    explicit Timers(Instant start);
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;

    /// Registers the callback of one kind of timer: at most 255, which live as long as the wheel.
    Owner add_owner(Handler handler);

    /// Calls `owner` with `payload` at `when`; a time in the past means the next advance().
    TimerId arm(Owner owner, std::uint64_t payload, Instant when);
    /// A one-shot closure, for cold paths.
    TimerId arm(Instant when, Task<void()> action);
    /// Cancels if still armed and resets the id.
    void cancel(TimerId& id) noexcept;
    bool is_armed(TimerId id) const noexcept;

    /// Fires everything due at `now`, in order of expiry tick, within a tick in order of arming.
    /// Handlers may arm and cancel timers but not advance; one they arm in the past waits one tick.
    /// Returns how many fired.
    std::size_t advance(Instant now);
    /// When advance() should next be called; may be earlier than the next expiry (a cascade), never
    /// later.
    std::optional<Instant> next() const;
    std::size_t size() const noexcept { return armed_; }

private:
    /// Lists are FIFO: the first node's `previous` is the last, the last node's `next` is kHead |
    /// list.
    struct Node {
        std::uint32_t next;
        std::uint32_t previous;
        std::uint32_t tick;  ///< low 32 bits
        std::uint32_t generation : 24;
        std::uint32_t owner : 8;
        std::uint64_t payload;
    };
    static_assert(sizeof(Node) == 24);

    static constexpr std::uint32_t kLevels = 4;
    static constexpr std::uint32_t kSlots = 256;
    static constexpr std::uint32_t kFiring = kLevels * kSlots;  ///< the list being fired
    static constexpr std::uint32_t kNone = UINT32_MAX;
    static constexpr std::uint32_t kHead = 0x8000'0000;
    static constexpr Owner kClosure = 0;  ///< payload is an index of actions_

    std::uint32_t tick_of(Instant when) const noexcept;
    std::uint32_t list_for(std::uint32_t tick) const noexcept;
    std::uint32_t take_node();
    void push_back(std::uint32_t list, std::uint32_t node) noexcept;
    void push_front(std::uint32_t list, std::uint32_t node) noexcept;
    void unlink(std::uint32_t node) noexcept;
    void release(std::uint32_t node) noexcept;
    void cascade(std::uint32_t list) noexcept;
    std::size_t fire(std::uint32_t list);
    void call(Owner owner, std::uint64_t payload);
    Task<void()> take_action(std::uint64_t index) noexcept;
    std::uint32_t distance(std::uint32_t level, std::uint32_t from) const noexcept;
    std::optional<std::uint64_t> next_tick() const noexcept;

    Instant start_;
    std::uint64_t tick_ = 0;  ///< all before it have fired
    bool firing_ = false;
    std::size_t armed_ = 0;
    std::vector<Node> nodes_;
    std::uint32_t free_ = kNone;
    std::array<std::uint32_t, kLevels * kSlots + 1> heads_;
    std::array<std::uint64_t, kLevels * kSlots / 64> occupied_{};
    std::deque<Handler> owners_;
    std::vector<Task<void()>> actions_;
    std::vector<std::uint32_t> free_actions_;
};

}  // namespace herald::base
