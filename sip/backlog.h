// sip/backlog.h: from how full a socket's receive buffer is, of what, and for how long: is the
// reader still keeping up?
#pragma once

#include <cstddef>
#include <optional>

#include "base/time.h"
#include "sip/transport.h"

namespace herald::sip {

/// A queue that is emptied now and then is a burst and does no harm. One that is half full and
/// never empty is overload: answers would come after their requests were sent again. Only requests
/// count for that: a queue of answers to our own requests is the end of work that was done, and
/// read faster than requests are.
class Backlog {
public:
    /// How long a queue may stand before it counts.
    static constexpr base::Duration kPatience = std::chrono::milliseconds(20);
    /// In thousandths of the buffer, filled by requests: where each load begins, and below what it
    /// ends.
    static constexpr unsigned kHigh = 500;
    static constexpr unsigned kHighEnds = 300;
    static constexpr unsigned kExtreme = 750;
    static constexpr unsigned kExtremeEnds = 600;
    /// Filled by whatever: soon something is lost, so nothing new is begun.
    static constexpr unsigned kFull = 900;

    /// So many requests and other datagrams were read.
    void read(std::size_t requests, std::size_t others) noexcept;
    /// The queue was read to its end.
    void empty() noexcept;
    /// The queue was read from and more is there; `thousandths` of the buffer are in use.
    void standing(unsigned thousandths, base::Instant now) noexcept;

    Load load() const noexcept { return load_; }

private:
    std::optional<base::Instant> standing_since_;
    /// Read while the queue stood, what was read long ago counting less.
    std::size_t requests_ = 0;
    std::size_t others_ = 0;
    Load load_ = Load::normal;
};

}  // namespace herald::sip
