// base/budget.cpp: what many hold together, each no more than a share.
#include "base/budget.h"

#include <mutex>
#include <unordered_map>

namespace herald::base {

/// The budget's own, and of every share it gave out.
struct Budget::State : std::enable_shared_from_this<State> {
    bool fits(std::uint64_t holder, std::uint64_t size, const Most& most) const;
    Share count(std::uint64_t holder, std::uint64_t size);
    void give_back(std::uint64_t holder, std::uint64_t size);

    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::uint64_t> holders;  ///< who hold nothing are not in it
    std::uint64_t bytes = 0;
    std::uint64_t things = 0;
    Counter* gauge = nullptr;  ///< null once the budget is gone
};

/// Limits may have been lowered below what is there.
bool Budget::State::fits(std::uint64_t holder, std::uint64_t size, const Most& most) const {
    const auto has = [size](std::uint64_t used, std::uint64_t limit) {
        return used <= limit && size <= limit - used;
    };
    if (things >= most.things || !has(bytes, most.bytes)) return false;
    const auto known = holders.find(holder);
    return has(known == holders.end() ? 0 : known->second, most.bytes_each);
}

Budget::Share Budget::State::count(std::uint64_t holder, std::uint64_t size) {
    Share share(static_cast<const void*>(this),
                [state = shared_from_this(), holder, size](const void*) {
                    state->give_back(holder, size);
                });
    holders[holder] += size;
    bytes += size;
    ++things;
    if (gauge) gauge->set(bytes);
    return share;
}

void Budget::State::give_back(std::uint64_t holder, std::uint64_t size) {
    const std::lock_guard lock(mutex);
    const auto known = holders.find(holder);
    // Who held nothing but this may be gone already, if it was of no size.
    if (known != holders.end() && (known->second -= size) == 0) holders.erase(known);
    bytes -= size;
    --things;
    if (gauge) gauge->set(bytes);
}

Budget::Budget() : state_(std::make_shared<State>()) {}

Budget::~Budget() {
    const std::lock_guard lock(state_->mutex);
    state_->gauge = nullptr;
}

Budget::Share Budget::take(std::uint64_t holder, std::uint64_t bytes, const Most& most) {
    const std::lock_guard lock(state_->mutex);
    return state_->fits(holder, bytes, most) ? state_->count(holder, bytes) : nullptr;
}

Budget::Share Budget::hold(std::uint64_t holder, std::uint64_t bytes) {
    const std::lock_guard lock(state_->mutex);
    return state_->count(holder, bytes);
}

bool Budget::has_room(std::uint64_t holder, std::uint64_t bytes, const Most& most) const {
    const std::lock_guard lock(state_->mutex);
    return state_->fits(holder, bytes, most);
}

std::uint64_t Budget::bytes() const {
    const std::lock_guard lock(state_->mutex);
    return state_->bytes;
}

std::uint64_t Budget::things() const {
    const std::lock_guard lock(state_->mutex);
    return state_->things;
}

void Budget::show_in(Counter& gauge) {
    const std::lock_guard lock(state_->mutex);
    state_->gauge = &gauge;
    gauge.set(state_->bytes);
}

}  // namespace herald::base
