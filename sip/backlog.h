// sip/backlog.h: from how full a socket's receive buffer is, and for how long: is the reader still
// keeping up?
#pragma once

#include <optional>

#include "base/time.h"
#include "sip/transport.h"

namespace herald::sip {

/// A queue that is emptied now and then is a burst and does no harm. One that is half full and
/// never empty is overload: answers would come after their requests were sent again.
class Backlog {
public:
    /// How long a queue may stand before it counts.
    static constexpr base::Duration kPatience = std::chrono::milliseconds(20);
    /// In thousandths of the buffer: where each load begins, and below what it ends.
    static constexpr unsigned kHigh = 500;
    static constexpr unsigned kHighEnds = 300;
    static constexpr unsigned kExtreme = 750;
    static constexpr unsigned kExtremeEnds = 600;

    /// The queue was read to its end.
    void empty() noexcept {
        standing_since_.reset();
        load_ = Load::normal;
    }
    /// The queue was read from and more is there; `thousandths` of the buffer are in use.
    void standing(unsigned thousandths, base::Instant now) noexcept;

    Load load() const noexcept { return load_; }

private:
    std::optional<base::Instant> standing_since_;
    Load load_ = Load::normal;
};

}  // namespace herald::sip
