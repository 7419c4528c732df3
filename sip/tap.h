// sip/tap.h: who sees the messages that come and leave, for operators that look for what is wrong.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "sip/endpoint.h"

namespace herald::sip {

enum class Direction : std::uint8_t { in, out };

class Tap {
public:
    virtual ~Tap() = default;
    /// One message, whole, in clear. On the thread of the network it passes.
    virtual void on_message(Direction direction, const Flow& flow, const Endpoint& local,
                            std::string_view bytes) = 0;
    /// Any thread; nobody takes the trouble otherwise.
    bool is_wanted() const noexcept { return is_wanted_.load(std::memory_order_relaxed); }

protected:
    void want(bool wanted) noexcept { is_wanted_.store(wanted, std::memory_order_relaxed); }

private:
    std::atomic<bool> is_wanted_{false};
};

}  // namespace herald::sip
