// base/listeners.h: whoever wants to be told of something; who comes later replaces nobody.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "base/task.h"

namespace herald::base {

/// Told in the order they were added. One that is added while all are told is told as well.
template <class... Args>
class Listeners {
public:
    void add(Task<void(Args...)> listener) { all_.push_back(std::move(listener)); }

    void tell(Args... args) {
        for (std::size_t i = 0; i < all_.size(); ++i) all_[i](args...);
    }

private:
    std::deque<Task<void(Args...)>> all_;  ///< stays in place while it grows
};

}  // namespace herald::base
