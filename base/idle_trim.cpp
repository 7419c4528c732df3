// base/idle_trim.cpp: gives memory back to the operating system when a busy time is over.
#include "base/idle_trim.h"

#include <malloc.h>

namespace herald::base {

namespace {

constexpr auto kLook = std::chrono::seconds(3);
/// Timer J is 32 s: after so many quiet looks the last transaction is forgotten, and the store has
/// given up its cache.
constexpr std::uint32_t kQuietLooks = 11;

}  // namespace

IdleTrim::IdleTrim(Loop& loop) : loop_(loop) {
    arm();
}

void IdleTrim::arm() {
    loop_.timers().arm(loop_.now() + kLook, [this] { look(); });
}

void IdleTrim::look() {
    arm();
    if (is_due_) {
        is_due_ = false;
        was_busy_ = true;
        quiet_looks_ = 0;
        return;
    }
    if (!was_busy_ || ++quiet_looks_ < kQuietLooks) return;
    was_busy_ = false;
    malloc_trim(0);
}

}  // namespace herald::base
