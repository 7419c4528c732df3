// base/task.h: Task<R(Args...)>, a move-only callable with room for small captures.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace herald::base {

template <class Signature>
class Task;

/// Owns a callable and calls it any number of times. Captures up to 48 bytes need no allocation.
template <class R, class... Args>
class Task<R(Args...)> {
public:
    Task() = default;
    Task(std::nullptr_t) {}

    template <class F,
              class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Task> &&
                                       std::is_invocable_r_v<R, std::decay_t<F>&, Args...>>>
    Task(F&& callable) {
        using Callable = std::decay_t<F>;
        if constexpr (fits<Callable>()) {
            ::new (static_cast<void*>(room_)) Callable(std::forward<F>(callable));
            ops_ = &kInline<Callable>;
        } else {
            ::new (static_cast<void*>(room_)) Callable*(new Callable(std::forward<F>(callable)));
            ops_ = &kHeap<Callable>;
        }
    }

    Task(Task&& other) noexcept { take(other); }
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() { reset(); }

    explicit operator bool() const noexcept { return ops_ != nullptr; }
    R operator()(Args... args) { return ops_->call(room_, std::forward<Args>(args)...); }

private:
    struct Ops {
        R (*call)(void*, Args&&...);
        void (*move)(void* from, void* to);
        void (*destroy)(void*);
    };

    static constexpr std::size_t kRoom = 48;

    template <class F>
    static constexpr bool fits() {
        return sizeof(F) <= kRoom && alignof(F) <= alignof(std::max_align_t) &&
               std::is_nothrow_move_constructible_v<F>;
    }

    template <class F>
    static constexpr Ops kInline{[](void* room, Args&&... args) -> R {
                                     return (*static_cast<F*>(room))(std::forward<Args>(args)...);
                                 },
                                 [](void* from, void* to) {
                                     ::new (to) F(std::move(*static_cast<F*>(from)));
                                     static_cast<F*>(from)->~F();
                                 },
                                 [](void* room) { static_cast<F*>(room)->~F(); }};

    template <class F>
    static constexpr Ops kHeap{[](void* room, Args&&... args) -> R {
                                   return (**static_cast<F**>(room))(std::forward<Args>(args)...);
                               },
                               [](void* from, void* to) { ::new (to) F*(*static_cast<F**>(from)); },
                               [](void* room) { delete *static_cast<F**>(room); }};

    void take(Task& other) noexcept {
        ops_ = std::exchange(other.ops_, nullptr);
        if (ops_) ops_->move(other.room_, room_);
    }

    void reset() noexcept {
        if (ops_) std::exchange(ops_, nullptr)->destroy(room_);
    }

    alignas(std::max_align_t) unsigned char room_[kRoom];
    const Ops* ops_ = nullptr;
};

}  // namespace herald::base
