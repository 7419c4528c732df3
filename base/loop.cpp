// base/loop.cpp: the event loop on epoll; an eventfd wakes it when another thread posts.
#include "base/loop.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace herald::base {

/// Kept until the turn ends even if it is unwatched: epoll may have reported it already.
struct Loop::Watch {
    int fd;
    std::uint32_t events;
    Watcher watcher;
    bool is_retired = false;
};

struct Loop::Ready {
    std::array<epoll_event, 256> events;
};

namespace {

/// A timer this late tells that the process did not run: a busy turn takes milliseconds.
constexpr Duration kStoodStill = std::chrono::seconds(1);
/// So many turns read what waits in the sockets' buffers before timers fire all the same.
constexpr int kMostCatchingUp = 1'000;

/// A process that cannot even make its loops has nothing to serve with.
int or_abort(int fd, const char* what) {
    if (fd < 0) {
        std::perror(what);
        std::abort();
    }
    return fd;
}

}  // namespace

Loop::Loop(const Clock& clock)
    : clock_(clock),
      now_(clock.now()),
      timers_(now_),
      epoll_(or_abort(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(or_abort(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      ready_(std::make_unique<Ready>()) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    or_abort(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event), "epoll_ctl");
}

Loop::~Loop() {
    // While the tables still exist: the destructors of captures may call the loop.
    for (std::size_t fd = 0; fd < watches_.size(); ++fd) unwatch(static_cast<int>(fd));
    drop_retired();
    // What the captures of a dropped task post from their destructors is dropped too.
    for (std::vector<Task<void()>> left;; left.clear()) {
        const std::lock_guard lock(mutex_);
        if (posted_.empty()) break;
        left.swap(posted_);
    }
    close(wake_);
    close(epoll_);
}

Status Loop::watch(int fd, std::uint32_t events, Watcher watcher) {
    assert(watcher);
    unwatch(fd);
    auto watch = std::make_unique<Watch>(Watch{fd, events, std::move(watcher)});
    epoll_event event{};
    event.events = events;
    event.data.ptr = watch.get();
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        return Fault{FaultKind::io, std::string("epoll_ctl: ") + std::strerror(errno)};
    }
    const auto index = static_cast<std::size_t>(fd);
    if (index >= watches_.size()) watches_.resize(index + 1);
    watches_[index] = std::move(watch);
    return {};
}

void Loop::rewatch(int fd, std::uint32_t events) {
    const auto index = static_cast<std::size_t>(fd);
    if (fd < 0 || index >= watches_.size() || !watches_[index]) return;
    Watch& watch = *watches_[index];
    if (watch.events == events) return;
    watch.events = events;
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watch;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Loop::unwatch(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (fd < 0 || index >= watches_.size() || !watches_[index]) return;
    // Fails harmlessly where `fd` was closed first: the kernel forgot it then.
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    watches_[index]->is_retired = true;
    retired_.push_back(std::move(watches_[index]));
}

void Loop::post(Task<void()> task) {
    assert(task);
    {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(task));
    }
    if (asleep_.exchange(false)) wake();
}

void Loop::at_end_of_turn(Task<void()> hook) {
    hooks_.push_back(std::move(hook));
}

void Loop::run() {
    while (!stopping_.exchange(false)) turn(Duration::max());
}

void Loop::stop() noexcept {
    stopping_.store(true);
    wake();
}

bool Loop::turn(Duration patience) {
    const int ready = wait(patience);
    asleep_.store(false);
    now_ = clock_.now();
    bool was_busy = dispatch(ready);
    if (is_input_first(was_busy)) {
        was_busy |= run_posted();
    } else {
        was_busy |= timers_.advance(now_) != 0;
        was_busy |= run_posted();
    }
    // By index: a hook may add another.
    for (std::size_t i = 0; i < hooks_.size(); ++i) hooks_[i]();
    drop_retired();
    return was_busy;
}

int Loop::wait(Duration patience) {
    const auto most = static_cast<int>(ready_->events.size());
    const int ready = epoll_wait(epoll_, ready_->events.data(), most, wait_for(patience));
    // Interrupted, as by SIGCONT: that says nothing of what is ready.
    if (ready >= 0 || errno != EINTR) return ready;
    return epoll_wait(epoll_, ready_->events.data(), most, 0);
}

bool Loop::is_input_first(bool had_input) noexcept {
    const auto due = timers_.next();
    const bool stood_still = due && now_ - *due >= kStoodStill;
    const bool is_first = stood_still && had_input && catching_up_ < kMostCatchingUp;
    catching_up_ = is_first ? catching_up_ + 1 : 0;
    return is_first;
}

int Loop::wait_for(Duration patience) {
    if (const auto next = timers_.next()) {
        patience = std::min(patience, *next - clock_.now());
    }
    if (patience <= Duration::zero()) return 0;
    // First say "asleep", then look: a task posted in between is either seen here or wakes us.
    asleep_.store(true);
    const std::lock_guard lock(mutex_);
    if (!posted_.empty()) return 0;
    if (patience == Duration::max()) return -1;
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
    const bool is_part = patience % std::chrono::milliseconds(1) != Duration::zero();
    return static_cast<int>(std::min<std::int64_t>(wait + (is_part ? 1 : 0), INT_MAX));
}

bool Loop::dispatch(int ready) {
    bool was_busy = false;
    for (int i = 0; i < ready; ++i) {
        const epoll_event& event = ready_->events[static_cast<std::size_t>(i)];
        auto* const watch = static_cast<Watch*>(event.data.ptr);
        if (watch == nullptr) {
            std::uint64_t count = 0;
            static_cast<void>(read(wake_, &count, sizeof count) == sizeof count);
        } else if (!watch->is_retired) {
            watch->watcher(event.events);
            was_busy = true;
        }
    }
    return was_busy;
}

bool Loop::run_posted() {
    {
        const std::lock_guard lock(mutex_);
        running_.swap(posted_);
    }
    const bool was_busy = !running_.empty();
    for (Task<void()>& task : running_) std::exchange(task, {})();
    running_.clear();
    return was_busy;
}

void Loop::drop_retired() {
    // In rounds: the captures of one watcher may unwatch others from their destructors.
    while (!retired_.empty()) std::exchange(retired_, {}).clear();
}

void Loop::wake() noexcept {
    const int saved = errno;  // for signal handlers
    const std::uint64_t one = 1;
    // A full counter means that a wake-up is on its way already.
    static_cast<void>(write(wake_, &one, sizeof one) == sizeof one);
    errno = saved;
}

}  // namespace herald::base
