// base/budget.cpp: what many hold together, each no more than a share.
#include "base/budget.h"

namespace herald::base {

Budget::Share Budget::take(std::uint64_t holder, std::uint64_t bytes, const Most& most) {
    const std::lock_guard lock(mutex_);
    return fits(holder, bytes, most) ? count(holder, bytes) : nullptr;
}

Budget::Share Budget::hold(std::uint64_t holder, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    return count(holder, bytes);
}

bool Budget::has_room(std::uint64_t holder, std::uint64_t bytes, const Most& most) const {
    const std::lock_guard lock(mutex_);
    return fits(holder, bytes, most);
}

/// Limits may have been lowered below what is there.
bool Budget::fits(std::uint64_t holder, std::uint64_t bytes, const Most& most) const {
    const auto has = [bytes](std::uint64_t used, std::uint64_t limit) {
        return used <= limit && bytes <= limit - used;
    };
    if (things_ >= most.things || !has(bytes_, most.bytes)) return false;
    const auto known = holders_.find(holder);
    return has(known == holders_.end() ? 0 : known->second, most.bytes_each);
}

Budget::Share Budget::count(std::uint64_t holder, std::uint64_t bytes) {
    Share share(static_cast<const void*>(this),
                [this, holder, bytes](const void*) { give_back(holder, bytes); });
    holders_[holder] += bytes;
    bytes_ += bytes;
    ++things_;
    if (gauge_) gauge_->set(bytes_);
    return share;
}

void Budget::give_back(std::uint64_t holder, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto known = holders_.find(holder);
    // Who held nothing but this may be gone already, if it was of no size.
    if (known != holders_.end() && (known->second -= bytes) == 0) holders_.erase(known);
    bytes_ -= bytes;
    --things_;
    if (gauge_) gauge_->set(bytes_);
}

std::uint64_t Budget::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::uint64_t Budget::things() const {
    const std::lock_guard lock(mutex_);
    return things_;
}

void Budget::show_in(Counter& gauge) {
    const std::lock_guard lock(mutex_);
    gauge_ = &gauge;
    gauge_->set(bytes_);
}

}  // namespace herald::base
