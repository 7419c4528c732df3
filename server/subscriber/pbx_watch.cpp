// server/subscriber/pbx_watch.cpp: which PBXs are unreachable, and which lines wait for them.
#include "server/subscriber/pbx_watch.h"

#include <algorithm>
#include <utility>

#include "base/id.h"
#include "base/log.h"

namespace herald::server {

namespace {

constexpr base::Duration kFirstSearch = std::chrono::seconds(1);
constexpr base::Duration kLongestSearch = std::chrono::minutes(1);

base::Duration delay_after(unsigned failures, PbxWatch::Trouble trouble) {
    if (trouble == PbxWatch::Trouble::login_refused) return kSeldom;
    return jittered(std::min(kLongestSearch, kFirstSearch * (1 << std::min(failures - 1, 8U))));
}

}  // namespace

base::Duration jittered(base::Duration most) {
    const auto half = most / 2;
    return half + half * static_cast<int>(base::random_u64() % 1000) / 1000;
}

bool PbxWatch::may_try(const std::string& pbx, std::uint64_t line) const {
    const auto found = away_.find(pbx);
    return found == away_.end() || found->second.trying == line;
}

void PbxWatch::try_first(const std::string& pbx, std::uint64_t line) {
    if (!known_.contains(pbx) && !away_.contains(pbx)) away_[pbx].trying = line;
}

bool PbxWatch::hasten(const std::string& pbx, std::uint64_t line) {
    const auto found = away_.find(pbx);
    if (found == away_.end() || found->second.trying != 0) return false;
    auto& away = found->second;
    loop_.timers().cancel(away.timer);
    std::erase(away.waiting, line);
    away.waiting.push_front(line);
    try_one(pbx);
    return true;
}

std::optional<PbxWatch::Absence> PbxWatch::absence(const std::string& pbx) const {
    const auto found = away_.find(pbx);
    if (found == away_.end()) return std::nullopt;
    const auto& away = found->second;
    return Absence{away.why, away.trying == 0 ? away.next : base::Instant{}};
}

void PbxWatch::wait_for(const std::string& pbx, std::uint64_t line) {
    const auto found = away_.find(pbx);
    if (found == away_.end()) return resume_(line, {});
    auto& waiting = found->second.waiting;
    if (std::find(waiting.begin(), waiting.end(), line) == waiting.end()) waiting.push_back(line);
}

void PbxWatch::failed(const std::string& pbx, std::uint64_t line, Trouble trouble,
                      std::string_view why, base::Duration least) {
    auto& away = away_[pbx];
    if (away.failures == 0) changed_.tell(pbx, false, why);
    const bool is_news = away.failures == 0 || away.trying == line;
    wait_for(pbx, line);
    log(pbx, away, trouble, why);
    // Attempts already under way when the first one failed are no news when they fail too.
    if (!is_news) return;
    away.trying = 0;
    ++away.failures;
    auto& timers = loop_.timers();
    timers.cancel(away.timer);
    const auto delay = std::max(delay_after(away.failures, trouble), least);
    away.next = loop_.now() + delay;
    away.timer = timers.arm(away.next, [this, pbx] { try_one(pbx); });
}

void PbxWatch::log(const std::string& pbx, Away& away, Trouble trouble, std::string_view why) {
    if (away.why == why) return;
    away.why = why;
    if (trouble == Trouble::unreachable)
        return base::log_warning("pbx.away", {{"pbx", pbx}, {"why", why}});
    base::log_error("pbx.login_refused",
                    {{"pbx", pbx}, {"why", why}, {"next", "in an hour, or after a restart"}});
}

void PbxWatch::try_one(const std::string& pbx) {
    auto& away = away_.at(pbx);
    away.timer = {};
    if (away.waiting.empty()) return let_go(pbx);
    away.trying = away.waiting.front();
    away.waiting.pop_front();
    resume_(away.trying, {});
}

void PbxWatch::answered(const std::string& pbx) {
    known_.insert(pbx);
    const auto found = away_.find(pbx);
    if (found == away_.end()) return;
    auto away = std::move(found->second);
    away_.erase(found);
    loop_.timers().cancel(away.timer);
    if (away.failures > 0) {
        base::log_info("pbx.back", {{"pbx", pbx}});
        changed_.tell(pbx, true, {});
    }
    base::Duration delay{};
    for (const auto line : away.waiting) resume_(line, delay += kPace);
}

/// If the line was the one that tries, the next in the queue takes over.
void PbxWatch::forget(const std::string& pbx, std::uint64_t line) {
    const auto found = away_.find(pbx);
    if (found == away_.end()) return;
    auto& away = found->second;
    std::erase(away.waiting, line);
    if (away.trying == line) away.trying = 0;
    if (!away.waiting.empty() || away.trying != 0) {
        if (away.trying == 0 && !away.timer) try_one(pbx);
        return;
    }
    loop_.timers().cancel(away.timer);
    let_go(pbx);
}

/// Nobody asks for it any more.
void PbxWatch::let_go(const std::string& pbx) {
    const bool was_told = away_.at(pbx).failures > 0;
    away_.erase(pbx);
    if (was_told) changed_.tell(pbx, true, "nobody asks for it any more");
}

}  // namespace herald::server
