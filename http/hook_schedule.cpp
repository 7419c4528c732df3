// http/hook_schedule.cpp: back-off, and the order of what is about one resource.
#include "http/hook_schedule.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace herald::http {

namespace {

constexpr base::Duration kFirstPause = std::chrono::seconds(1);
constexpr base::Duration kLongestPause = std::chrono::minutes(5);

}  // namespace

void HookSchedule::add(server::QueuedEvent event) {
    last_ = std::max(last_, event.id);
    const auto id = event.id;
    events_.emplace(id, std::move(event));
}

const server::QueuedEvent* HookSchedule::due(base::Instant now) const {
    if (now < away_.until) return nullptr;
    for (const auto& [id, event] : events_) {
        const auto pause = paused_.find(event.resource);
        if (pause == paused_.end() || now >= pause->second.until) return &event;
    }
    return nullptr;
}

std::optional<base::Instant> HookSchedule::next() const {
    if (events_.empty()) return std::nullopt;
    auto earliest = base::Instant::max();
    for (const auto& [id, event] : events_) {
        const auto pause = paused_.find(event.resource);
        earliest =
            std::min(earliest, pause == paused_.end() ? base::Instant{} : pause->second.until);
    }
    return std::max(earliest, away_.until);
}

void HookSchedule::taken(std::uint64_t id) {
    const auto found = events_.find(id);
    if (found == events_.end()) return;
    paused_.erase(found->second.resource);
    away_ = {};
    events_.erase(found);
}

void HookSchedule::lengthen(Pause& pause, base::Instant now) {
    const auto doubled = kFirstPause * (1U << std::min(pause.failures, 9U));
    ++pause.failures;
    pause.until = now + std::min(doubled, kLongestPause);
}

void HookSchedule::refused(std::uint64_t id, base::Instant now) {
    const auto found = events_.find(id);
    if (found == events_.end()) return;
    lengthen(paused_[found->second.resource], now);
    away_ = {};
}

void HookSchedule::unreachable(base::Instant now) {
    lengthen(away_, now);
}

std::vector<std::uint64_t> HookSchedule::give_up(base::WallTime then) {
    std::vector<std::uint64_t> gone;
    for (const auto& [id, event] : events_) {
        if (event.at < then) gone.push_back(id);
    }
    for (const auto id : gone) {
        const auto found = events_.find(id);
        paused_.erase(found->second.resource);
        events_.erase(found);
    }
    return gone;
}

void HookSchedule::forget_before(std::uint64_t id) {
    const auto end = events_.lower_bound(id);
    for (auto at = events_.begin(); at != end; ++at) paused_.erase(at->second.resource);
    events_.erase(events_.begin(), end);
}

}  // namespace herald::http
