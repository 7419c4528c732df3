// server/subscriber/pbx_watch.h: which PBXs are unreachable, and which lines wait for them. One
// line tries on behalf of all, so a PBX is not tried once for each of its mailboxes, and when it
// answers they all come back together.
//
//              failed                        time to try: the first in the queue
//   there -----------------> away, all wait -------------------------------------> one tries
//     ^                            ^                                                   |
//     |                            +-------------------- failed -----------------------+
//     +---- answered: the others follow, 10 ms apart ----------------------------------+
//
//   A PBX with a login begins with one line that tries, until it has answered: a wrong password is
//   told to it once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/listeners.h"
#include "base/loop.h"
#include "base/task.h"
#include "base/text_map.h"
#include "base/time.h"
#include "base/timers.h"

namespace herald::server {

/// Between lines that come back together.
inline constexpr base::Duration kPace = std::chrono::milliseconds(10);
/// Between attempts at a PBX that refused for good.
inline constexpr base::Duration kSeldom = std::chrono::hours(1);

/// A random time between half of `most` and `most`, so that many lines do not act at once.
base::Duration jittered(base::Duration most);

/// Of one shard.
class PbxWatch {
public:
    enum class Trouble : std::uint8_t {
        unreachable,    ///< no answer, or 503
        login_refused,  ///< the PBX counts each attempt against us: tried seldom
    };
    /// Has a line try again after `delay`.
    using Resume = std::function<void(std::uint64_t line, base::Duration delay)>;

    PbxWatch(base::Loop& loop, Resume resume) : loop_(loop), resume_(std::move(resume)) {}

    /// Whether the PBX is reachable, or this is the line that tries on behalf of all.
    bool may_try(const std::string& pbx, std::uint64_t line) const;
    /// The line is about to try: on behalf of all, where the PBX never answered.
    void try_first(const std::string& pbx, std::uint64_t line);
    /// The line tries now, on behalf of all, whatever was to be waited for. False: the PBX is not
    /// away, or another try is under way.
    bool hasten(const std::string& pbx, std::uint64_t line);
    /// The line tries again once the PBX is back, or to find out whether it is.
    void wait_for(const std::string& pbx, std::uint64_t line);
    /// An attempt of a line failed; the next one comes after `least` at the earliest. Logged when
    /// new.
    void failed(const std::string& pbx, std::uint64_t line, Trouble trouble, std::string_view why,
                base::Duration least);
    /// The PBX answered.
    void answered(const std::string& pbx);
    void forget(const std::string& pbx, std::uint64_t line);
    /// Adds a listener: called where a PBX is away, with why; and where it is back, or nobody
    /// wants to know any more, which is a reason too.
    using OnChange = base::Task<void(const std::string& pbx, bool is_up, std::string_view why)>;
    void on_change(OnChange listener) { changed_.add(std::move(listener)); }
    /// Why the PBX is away, and when it is tried again; zero: it is being tried.
    struct Absence {
        std::string_view why;
        base::Instant next{};
    };
    /// nullopt: it is not away. The view is good until the next call.
    std::optional<Absence> absence(const std::string& pbx) const;
    /// The PBXs that are unreachable, or asked for the first time.
    std::size_t held() const noexcept { return away_.size(); }

private:
    struct Away {
        std::deque<std::uint64_t> waiting;
        std::uint64_t trying = 0;  ///< the line that tries on behalf of all
        unsigned failures = 0;
        base::TimerId timer;
        base::Instant next{};
        std::string why;
    };

    void try_one(const std::string& pbx);
    void let_go(const std::string& pbx);
    void log(const std::string& pbx, Away& away, Trouble trouble, std::string_view why);

    base::Loop& loop_;
    Resume resume_;
    base::TextMap<Away> away_;
    base::Listeners<const std::string&, bool, std::string_view> changed_;
    base::TextSet known_;  ///< that have answered
};

}  // namespace herald::server
