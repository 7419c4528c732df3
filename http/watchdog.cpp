// http/watchdog.cpp: one thread that sleeps until the next deadline.
#include "http/watchdog.h"

#include <algorithm>

namespace herald::http {

Watchdog::Watchdog() : thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Watchdog::cut(Entry& entry) {
    entry.deadline = Clock::time_point::max();
    if (entry.is_cut) return;
    entry.is_cut = true;
    entry.cut();
}

void Watchdog::add(Key key, Time limit, Cut cut) {
    {
        const std::lock_guard lock(mutex_);
        entries_[key] = Entry{std::move(cut)};
    }
    expect(key, limit);
}

void Watchdog::expect(Key key, Time limit) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    if (cuts_all_) return Watchdog::cut(found->second);
    found->second.deadline = Clock::now() + limit;
    changed_.notify_one();
}

bool Watchdog::arrived(Key key) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return true;
    found->second.deadline = Clock::time_point::max();
    return !found->second.is_cut;
}

void Watchdog::remove(Key key) {
    const std::lock_guard lock(mutex_);
    entries_.erase(key);
}

void Watchdog::cut_all() {
    const std::lock_guard lock(mutex_);
    cuts_all_ = true;
    for (auto& [key, entry] : entries_) {
        if (entry.deadline != Clock::time_point::max()) cut(entry);
    }
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        auto next = Clock::time_point::max();
        const auto now = Clock::now();
        for (auto& [key, entry] : entries_) {
            if (entry.deadline <= now) cut(entry);
            next = std::min(next, entry.deadline);
        }
        if (next == Clock::time_point::max()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, next);
        }
    }
}

}  // namespace herald::http
