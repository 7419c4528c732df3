// server/feed/feed.cpp: from the shards into the ring.
#include "server/feed/feed.h"

#include <algorithm>
#include <utility>

#include <pthread.h>

namespace herald::server {

namespace {

std::vector<base::Counter*> counters(base::Metrics& metrics) {
    std::vector<base::Counter*> all;
    for (const auto kind : event_kind_names()) {
        all.push_back(&metrics.counter("herald_events_total", "Events told to who reads the feed",
                                       {{"kind", std::string(kind)}}));
    }
    return all;
}

}  // namespace

void Feed::Inlet::post(Event event) {
    const auto size = event.size();
    const bool has_room = bytes_.load(std::memory_order_relaxed) + size <= most_bytes_;
    if (!has_room || !posted_.push({std::move(event), lost_})) {
        ++lost_;
        return dropped_->add();
    }
    bytes_.fetch_add(size, std::memory_order_relaxed);
    lost_ = 0;
    feed_->wake();
}

Feed::Feed(const Setup& setup, base::Metrics& metrics)
    : run_(setup.run),
      most_bytes_(setup.bytes / 4 * 3),
      told_(counters(metrics)),
      held_bytes_(metrics.gauge("herald_events_bytes",
                                "Bytes of events kept for who reads the feed (events.memory)")),
      is_wanted_(setup.is_wanted) {
    for (unsigned i = 0; i < setup.shards; ++i) {
        auto inlet = std::make_unique<Inlet>();
        inlet->feed_ = this;
        inlet->most_bytes_ = setup.bytes / 4 / setup.shards;
        inlet->dropped_ = &metrics.counter("herald_events_dropped_total",
                                           "Events dropped: more happened than could be passed on");
        inlets_.push_back(std::move(inlet));
    }
    thread_ = std::thread([this] { run_thread(); });
    pthread_setname_np(thread_.native_handle(), "feed");
}

Feed::~Feed() {
    is_stopping_ = true;
    wake();
    thread_.join();
    held_bytes_.set(0);
}

void Feed::wake() noexcept {
    if (news_.exchange(1) == 0) news_.notify_one();
}

void Feed::run_thread() {
    while (!is_stopping_) {
        news_.wait(0);
        news_ = 0;
        collect();
    }
}

void Feed::collect() {
    const std::lock_guard lock(collecting_);
    bool is_new = false;
    for (auto& inlet : inlets_) is_new = take(*inlet) || is_new;
    if (is_new) tell();
}

bool Feed::take(Inlet& inlet) {
    bool is_new = false;
    while (auto posted = inlet.posted_.pop()) {
        inlet.bytes_.fetch_sub(posted->event.size(), std::memory_order_relaxed);
        if (posted->lost_before > 0) {
            add({.kind = EventKind::events_lost,
                 .resource = {},
                 .details = {{"count", std::to_string(posted->lost_before)}},
                 .at = posted->event.at});
        }
        add(std::move(posted->event));
        is_new = true;
    }
    return is_new;
}

void Feed::add(Event event) {
    told_[static_cast<std::size_t>(event.kind)]->add();
    event.run = run_;
    const std::lock_guard lock(mutex_);
    event.number = ++latest_;
    bytes_ += event.size();
    ring_.push_back(std::make_shared<const Event>(std::move(event)));
    while (bytes_ > most_bytes_ && !ring_.empty()) {
        bytes_ -= ring_.front()->size();
        ring_.pop_front();
    }
    held_bytes_.set(bytes_);
}

Feed::Page Feed::read(std::uint64_t after, std::size_t most) const {
    const std::lock_guard lock(mutex_);
    Page page;
    const auto first = latest_ - ring_.size() + 1;
    if (after + 1 < first) page.lost = first - after - 1;
    const auto from = std::max(after + 1, first);
    for (auto number = from; number <= latest_ && page.events.size() < most; ++number)
        page.events.push_back(ring_[number - first]);
    return page;
}

std::uint64_t Feed::latest() const {
    const std::lock_guard lock(mutex_);
    return latest_;
}

std::uint64_t Feed::listen(base::Task<void()> listener) {
    const std::lock_guard lock(listening_);
    listeners_.emplace(next_listener_, std::move(listener));
    return next_listener_++;
}

void Feed::ignore(std::uint64_t listener) {
    const std::lock_guard lock(listening_);
    listeners_.erase(listener);
}

void Feed::tell() {
    const std::lock_guard lock(listening_);
    for (auto& [id, listener] : listeners_) listener();
}

}  // namespace herald::server
