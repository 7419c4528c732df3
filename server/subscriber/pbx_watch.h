// server/subscriber/pbx_watch.h: which PBXs are away, and who waits for them: one line tries for
// all, so a PBX is not asked once for each of its mailboxes, and all come back together.
//
//              failed                        time to try: the first in the queue
//   there -----------------> away, all wait -------------------------------------> one tries
//     ^                            ^                                                   |
//     |                            +-------------------- failed -----------------------+
//     +---- answered: the others follow, 10 ms apart ----------------------------------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/loop.h"
#include "base/text_map.h"
#include "base/time.h"
#include "base/timers.h"

namespace herald::server {

/// Between lines that set out together.
inline constexpr base::Duration kPace = std::chrono::milliseconds(10);
/// Who said no for good is asked this seldom.
inline constexpr base::Duration kSeldom = std::chrono::hours(1);

/// Between half and all of `most`, so that nothing happens to many at once.
base::Duration jittered(base::Duration most);

/// Of one shard.
class PbxWatch {
public:
    enum class Trouble : std::uint8_t {
        unreachable,    ///< no answer, or 503
        login_refused,  ///< each attempt counts against us there: seldom
    };
    /// Has a line try again after `delay`.
    using Resume = std::function<void(std::uint64_t line, base::Duration delay)>;

    PbxWatch(base::Loop& loop, Resume resume) : loop_(loop), resume_(std::move(resume)) {}

    /// It is there, or this is the line that tries for all.
    bool may_try(const std::string& pbx, std::uint64_t line) const;
    /// The line tries again when the PBX is back, or to find out whether it is.
    void wait_for(const std::string& pbx, std::uint64_t line);
    /// A line's attempt failed, not before `least` is the next one. Logged where it is news.
    void failed(const std::string& pbx, std::uint64_t line, Trouble trouble, std::string_view why,
                base::Duration least);
    /// It is there.
    void answered(const std::string& pbx);
    void forget(const std::string& pbx, std::uint64_t line);
    /// PBXs that are away.
    std::size_t held() const noexcept { return away_.size(); }

private:
    struct Away {
        std::deque<std::uint64_t> waiting;
        std::uint64_t trying = 0;  ///< the line that does
        unsigned failures = 0;
        base::TimerId timer;
        std::string why;
    };

    void try_one(const std::string& pbx);
    void log(const std::string& pbx, Away& away, Trouble trouble, std::string_view why);

    base::Loop& loop_;
    Resume resume_;
    base::TextMap<Away> away_;
};

}  // namespace herald::server
