// base/mailbox.h: a bounded ring from one thread to one other, without locks.
#pragma once

#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace herald::base {

/// One per ordered pair of threads: one pushes, one pops. Nothing wakes the receiver; post to its
/// Loop if it may sleep. Each side keeps a copy of the other's position and reads the real one only
/// when the copy says full or empty.
template <class T>
class Mailbox {
public:
    /// Room for `capacity` items, rounded up to a power of two.
    explicit Mailbox(std::size_t capacity)
        : capacity_(std::bit_ceil(capacity)), room_(std::allocator<T>().allocate(capacity_)) {
        assert(capacity > 0);
    }
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox() {
        while (pop()) {
        }
        std::allocator<T>().deallocate(room_, capacity_);
    }

    /// For the sender: takes `item`, or leaves it untouched and returns false if fewer than
    /// `reserved` places would remain. Requests leave room for completions, which must never be
    /// refused.
    [[nodiscard]] bool push(T&& item, std::size_t reserved = 0) {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        const std::size_t most = capacity_ - reserved;
        assert(reserved < capacity_);
        if (tail - known_head_ >= most) {
            known_head_ = head_.load(std::memory_order_acquire);
            if (tail - known_head_ >= most) return false;
        }
        std::construct_at(place(tail), std::move(item));
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    /// For the receiver: the oldest item, or nothing.
    std::optional<T> pop() {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        if (head == known_tail_) {
            known_tail_ = tail_.load(std::memory_order_acquire);
            if (head == known_tail_) return std::nullopt;
        }
        T* const item = place(head);
        std::optional<T> result(std::move(*item));
        std::destroy_at(item);
        head_.store(head + 1, std::memory_order_release);
        return result;
    }

    /// For either side; may be out of date a moment later.
    bool empty() const noexcept { return size() == 0; }
    std::size_t size() const noexcept {
        const std::size_t head = head_.load(std::memory_order_acquire);
        return tail_.load(std::memory_order_acquire) - head;
    }
    std::size_t capacity() const noexcept { return capacity_; }

private:
    T* place(std::size_t position) const noexcept { return room_ + (position & (capacity_ - 1)); }

    /// Keeps the two sides' words on different cache lines, however the mailbox itself is aligned.
    struct Gap {
        std::byte bytes[64];
    };

    const std::size_t capacity_;
    T* const room_;
    Gap before_tail_;
    std::atomic<std::size_t> tail_{0};  ///< written by the sender
    std::size_t known_head_ = 0;        ///< the sender's
    Gap before_head_;
    std::atomic<std::size_t> head_{0};  ///< written by the receiver
    std::size_t known_tail_ = 0;        ///< the receiver's
    Gap after_head_;
};

}  // namespace herald::base
