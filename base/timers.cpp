// base/timers.cpp: the wheel. Level k holds what is due in 256^k to 256^(k+1) ticks; whenever the
// ticks below a level wrap, its current slot is dealt out to the levels beneath (a cascade).
#include "base/timers.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace herald::base {
namespace {

constexpr std::chrono::milliseconds kTick(1);
constexpr std::uint32_t kBits = 8;  ///< per level

/// Whole ticks from `start`, rounded up: never early.
std::uint64_t ticks_up(Duration since) noexcept {
    return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(since) / kTick);
}

/// The list of `level` that holds `tick`.
std::uint32_t list_of(std::uint32_t level, std::uint64_t tick) noexcept {
    return level << kBits | static_cast<std::uint32_t>(tick >> (kBits * level) & 255);
}

std::uint64_t ticks_down(Duration since) noexcept {
    return static_cast<std::uint64_t>(since / kTick);
}

}  // namespace

Timers::Timers(Instant start) : start_(start) {
    heads_.fill(kNone);
    owners_.emplace_back();  // kClosure
}

Timers::Owner Timers::add_owner(Handler handler) {
    assert(owners_.size() <= UINT8_MAX && handler);
    owners_.push_back(std::move(handler));
    return static_cast<Owner>(owners_.size() - 1);
}

TimerId Timers::arm(Owner owner, std::uint64_t payload, Instant when) {
    assert(owner < owners_.size());
    const std::uint32_t index = take_node();
    Node& node = nodes_[index];
    node.tick = tick_of(when);
    node.owner = owner;
    node.payload = payload;
    push_back(list_for(node.tick), index);
    ++armed_;
    return {.slot = index, .generation = node.generation};
}

TimerId Timers::arm(Instant when, Task<void()> action) {
    assert(action);
    if (free_actions_.empty()) {
        actions_.emplace_back();
        // Room to return every index, so that cancel() cannot fail.
        free_actions_.reserve(actions_.capacity());
        free_actions_.push_back(static_cast<std::uint32_t>(actions_.size() - 1));
    }
    const std::uint32_t index = free_actions_.back();
    free_actions_.pop_back();
    actions_[index] = std::move(action);
    return arm(kClosure, index, when);
}

void Timers::cancel(TimerId& id) noexcept {
    const TimerId named = std::exchange(id, TimerId{});
    if (!is_armed(named)) return;
    const Owner owner = static_cast<Owner>(nodes_[named.slot].owner);
    const std::uint64_t payload = nodes_[named.slot].payload;
    unlink(named.slot);
    release(named.slot);
    // The closure goes last: the destructors of its captures may call the wheel.
    if (owner == kClosure) take_action(payload);
}

bool Timers::is_armed(TimerId id) const noexcept {
    return id.slot < nodes_.size() && nodes_[id.slot].generation == id.generation;
}

std::size_t Timers::advance(Instant now) {
    assert(!firing_);
    if (now < start_) return 0;
    const std::uint64_t target = ticks_down(now - start_);
    if (target < tick_) return 0;
    firing_ = true;
    std::size_t fired = 0;
    for (auto event = next_tick(); event && *event <= target; event = next_tick()) {
        tick_ = *event;
        // The lowest level first: timers that a higher level deals out were armed earlier and go in
        // front.
        for (std::uint32_t level = 1; level < kLevels; ++level) {
            const std::uint64_t below = (std::uint64_t{1} << (kBits * level)) - 1;
            if ((tick_ & below) != 0) break;
            cascade(list_of(level, tick_));
        }
        fired += fire(static_cast<std::uint32_t>(tick_ & (kSlots - 1)));
    }
    tick_ = target;
    firing_ = false;
    return fired;
}

std::optional<Instant> Timers::next() const {
    const std::optional<std::uint64_t> tick = next_tick();
    if (!tick) return std::nullopt;
    return start_ + std::chrono::milliseconds(*tick);
}

/// The tick at which `when` fires: not before it, not in a tick that is over, not beyond the wheel.
std::uint32_t Timers::tick_of(Instant when) const noexcept {
    // The current tick's list was detached when it began to fire.
    const std::uint64_t first = firing_ ? tick_ + 1 : tick_;
    const std::uint64_t last = tick_ + UINT32_MAX;
    // Compared before it is subtracted: Instant::min() would overflow.
    const std::uint64_t wanted = when <= start_ ? 0 : ticks_up(when - start_);
    return static_cast<std::uint32_t>(std::clamp(wanted, first, last));
}

std::uint32_t Timers::list_for(std::uint32_t tick) const noexcept {
    const std::uint32_t ahead = tick - static_cast<std::uint32_t>(tick_);
    const std::uint32_t level =
        ahead == 0 ? 0 : static_cast<std::uint32_t>(std::bit_width(ahead) - 1) / kBits;
    return list_of(level, tick);
}

std::uint32_t Timers::take_node() {
    if (free_ != kNone) return std::exchange(free_, nodes_[free_].next);
    assert(nodes_.size() < kHead);
    nodes_.push_back(Node{});
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void Timers::push_back(std::uint32_t list, std::uint32_t node) noexcept {
    const std::uint32_t first = heads_[list];
    if (first == kNone) return push_front(list, node);
    const std::uint32_t last = std::exchange(nodes_[first].previous, node);
    nodes_[last].next = node;
    nodes_[node].previous = last;
    nodes_[node].next = kHead | list;
}

void Timers::push_front(std::uint32_t list, std::uint32_t node) noexcept {
    const std::uint32_t first = std::exchange(heads_[list], node);
    if (first == kNone) {
        nodes_[node].previous = node;
        nodes_[node].next = kHead | list;
        if (list != kFiring) occupied_[list / 64] |= std::uint64_t{1} << (list % 64);
        return;
    }
    nodes_[node].previous = std::exchange(nodes_[first].previous, node);
    nodes_[node].next = first;
}

void Timers::unlink(std::uint32_t node) noexcept {
    const std::uint32_t previous = nodes_[node].previous;
    const std::uint32_t next = nodes_[node].next;
    const bool is_last = (next & kHead) != 0;
    const std::uint32_t before = nodes_[previous].next;
    const bool is_first = (before & kHead) != 0;
    if (is_first && is_last) {
        const std::uint32_t list = next & ~kHead;
        heads_[list] = kNone;
        if (list != kFiring) occupied_[list / 64] &= ~(std::uint64_t{1} << (list % 64));
    } else if (is_first) {
        heads_[before & ~kHead] = next;
        nodes_[next].previous = previous;
    } else {
        nodes_[previous].next = next;
        nodes_[is_last ? heads_[next & ~kHead] : next].previous = previous;
    }
}

void Timers::release(std::uint32_t node) noexcept {
    ++nodes_[node].generation;
    nodes_[node].next = std::exchange(free_, node);
    --armed_;
}

/// Deals the timers of `list` out to lower levels. From its last to its first, each to the front:
/// so lists stay in order of arming, as those already below were armed later.
void Timers::cascade(std::uint32_t list) noexcept {
    const std::uint32_t first = heads_[list];
    if (first == kNone) return;
    heads_[list] = kNone;
    occupied_[list / 64] &= ~(std::uint64_t{1} << (list % 64));
    std::uint32_t node = nodes_[first].previous;
    for (bool is_done = false; !is_done;) {
        const std::uint32_t previous = nodes_[node].previous;
        is_done = node == first;
        __builtin_prefetch(&nodes_[previous]);
        push_front(list_for(nodes_[node].tick), node);
        node = previous;
    }
}

std::size_t Timers::fire(std::uint32_t list) {
    if (heads_[list] == kNone) return 0;
    // Handlers may cancel what is about to fire, so it stays linked; and may not add to it, so it
    // moves away.
    const std::uint32_t first = std::exchange(heads_[list], kNone);
    occupied_[list / 64] &= ~(std::uint64_t{1} << (list % 64));
    heads_[kFiring] = first;
    nodes_[nodes_[first].previous].next = kHead | kFiring;

    std::size_t fired = 0;
    for (std::uint32_t node = first; node != kNone; node = heads_[kFiring]) {
        const Owner owner = static_cast<Owner>(nodes_[node].owner);
        const std::uint64_t payload = nodes_[node].payload;
        unlink(node);
        release(node);
        if (heads_[kFiring] != kNone) __builtin_prefetch(&nodes_[heads_[kFiring]]);
        call(owner, payload);
        ++fired;
    }
    return fired;
}

void Timers::call(Owner owner, std::uint64_t payload) {
    if (owner != kClosure) return owners_[owner](payload);
    take_action(payload)();
}

Task<void()> Timers::take_action(std::uint64_t index) noexcept {
    free_actions_.push_back(static_cast<std::uint32_t>(index));
    return std::move(actions_[index]);
}

/// Slots from `from` on, wrapping, to the first occupied one of `level`; kNone where all are empty.
std::uint32_t Timers::distance(std::uint32_t level, std::uint32_t from) const noexcept {
    constexpr std::uint32_t kWords = kSlots / 64;
    const std::uint64_t* const words = &occupied_[std::size_t{level} * kWords];
    for (std::uint32_t step = 0; step <= kWords; ++step) {
        const std::uint32_t at = (from / 64 + step) % kWords;
        std::uint64_t word = words[at];
        if (step == 0) word &= ~std::uint64_t{0} << (from % 64);
        if (word == 0) continue;
        const auto slot = at * 64 + static_cast<std::uint32_t>(std::countr_zero(word));
        return (slot - from) & (kSlots - 1);
    }
    return kNone;
}

/// The earliest tick with something to fire or to cascade.
std::optional<std::uint64_t> Timers::next_tick() const noexcept {
    if (armed_ == 0) return std::nullopt;
    std::uint64_t earliest = UINT64_MAX;
    for (std::uint32_t level = 0; level < kLevels; ++level) {
        const std::uint64_t now = tick_ >> (kBits * level);
        // Above level 0 the current slot has been dealt out: what is in it belongs to the next
        // round.
        const std::uint64_t from = level == 0 ? now : now + 1;
        const std::uint32_t slots = distance(level, static_cast<std::uint32_t>(from % kSlots));
        if (slots != kNone) earliest = std::min(earliest, (from + slots) << (kBits * level));
    }
    return earliest;
}

}  // namespace herald::base
