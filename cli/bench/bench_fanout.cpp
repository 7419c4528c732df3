// cli/bench/bench_fanout.cpp: which PUBLISH has reached how many of its watchers.
#include "cli/bench/bench_fanout.h"

#include <algorithm>

namespace herald::cli::bench {

FanOut::Pending* FanOut::find(std::uint32_t presentity, std::uint64_t sequence) noexcept {
    for (Pending& pending : presentities_[presentity].pending) {
        if (pending.sequence == sequence) return &pending;
    }
    return nullptr;
}

void FanOut::sent(std::uint32_t presentity, std::uint64_t sequence, base::Instant intended,
                  base::Instant now) {
    auto& record = presentities_[presentity];
    record.pending.push_back({sequence, intended, now, record.watchers, false});
    deadlines_.push_back({presentity, sequence, now + timeout_});
    ++unfinished_;
}

void FanOut::accepted(std::uint32_t presentity, std::uint64_t sequence, base::Instant now) {
    auto& record = presentities_[presentity];
    record.acknowledged = std::max(record.acknowledged, sequence);
    Pending* pending = find(presentity, sequence);
    if (!pending) return;
    pending->is_accepted = true;
    if (record.watchers == 0) pending->last = now;
    finish(presentity);
}

void FanOut::dropped(std::uint32_t presentity, std::uint64_t sequence) {
    auto& pending = presentities_[presentity].pending;
    const auto removed =
        std::erase_if(pending, [&](const Pending& one) { return one.sequence == sequence; });
    unfinished_ -= removed;
    if (removed > 0) finished_.push_back(presentity);
}

void FanOut::told(std::uint32_t presentity, std::uint64_t before, std::uint64_t after,
                  base::Instant now) {
    bool is_last = false;
    for (Pending& pending : presentities_[presentity].pending) {
        if (pending.sequence <= before || pending.sequence > after || pending.remaining == 0)
            continue;
        if (--pending.remaining > 0) continue;
        pending.last = now;
        is_last = true;
    }
    if (is_last) finish(presentity);
}

void FanOut::remove_watcher(std::uint32_t presentity, std::uint64_t seen, base::Instant now) {
    // One that is gone keeps nobody waiting.
    told(presentity, seen, UINT64_MAX, now);
    --presentities_[presentity].watchers;
}

void FanOut::finish(std::uint32_t presentity) {
    auto& pending = presentities_[presentity].pending;
    const auto is_done = [](const Pending& one) { return one.is_accepted && one.remaining == 0; };
    for (const Pending& one : pending) {
        if (!is_done(one)) continue;
        latencies_.add(one.last - one.intended);
        --unfinished_;
        finished_.push_back(presentity);
    }
    std::erase_if(pending, is_done);
}

void FanOut::expire(base::Instant now) {
    while (!deadlines_.empty() && deadlines_.front().at <= now) {
        const Deadline due = deadlines_.front();
        deadlines_.pop_front();
        if (!find(due.presentity, due.sequence)) continue;
        ++incomplete_;
        dropped(due.presentity, due.sequence);
    }
}

void FanOut::clear() {
    for (auto& presentity : presentities_) presentity.pending.clear();
    deadlines_.clear();
    finished_.clear();
    unfinished_ = 0;
}

void FanOut::forget_latencies() {
    latencies_ = Histogram();
    incomplete_ = 0;
}

}  // namespace herald::cli::bench
