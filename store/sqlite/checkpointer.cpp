// store/sqlite/checkpointer.cpp: copies the write-ahead log back into the database beside the lane
// that writes it.
#include "store/sqlite/checkpointer.h"

#include <utility>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

namespace herald::store {
namespace {

// The lane copies this much between two commits in about a millisecond.
constexpr int kTailFrames = 256;
// Each pass leaves what was written during the one before: a few passes reach the tail unless the
// disk is saturated.
constexpr int kPasses = 6;
constexpr int kNiceness = 5;

void lower_priority() {
    // On Linux a thread has a niceness of its own; if that is refused, it stays as it is.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNiceness);
}

}  // namespace

Checkpointer::Checkpointer(Database::Place place, base::Metrics& metrics)
    : place_(std::move(place)),
      failures_(metrics.counter("herald_store_checkpoint_failures_total",
                                "Attempts to copy the write-ahead log back that failed")),
      start_at_(kCheckpointFrames),
      thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

bool Checkpointer::on_commit(int frames) {
    const std::lock_guard lock(mutex_);
    frames_ = frames;
    if (is_nearly_done_) return true;
    if (frames >= start_at_ && !is_wanted_) {
        is_wanted_ = true;
        wake_.notify_one();
    }
    return false;
}

void Checkpointer::finished(int left) {
    const std::lock_guard lock(mutex_);
    is_nearly_done_ = false;
    // Frames held back by another reader are tried again only after a good while.
    start_at_ = left == 0 ? kCheckpointFrames : frames_ + kCheckpointFrames / 4;
}

void Checkpointer::pause() {
    std::unique_lock lock(mutex_);
    is_paused_ = true;
    rest_.wait(lock, [this] { return !is_copying_; });
    if (database_) database_->keep_log_on_close();
    database_.reset();
    is_wanted_ = is_nearly_done_ = false;
}

void Checkpointer::resume() {
    const std::lock_guard lock(mutex_);
    is_paused_ = false;
}

int Checkpointer::frames() {
    const std::lock_guard lock(mutex_);
    return frames_;
}

void Checkpointer::copy() {
    if (!database_) {
        auto opened = Database::open(place_);
        if (opened) {
            database_.emplace(std::move(*opened));
            (void)database_->execute("PRAGMA synchronous = FULL");
        }
    }
    for (int pass = 0; database_ && pass < kPasses; ++pass) {
        const auto reached = database_->checkpoint();
        if (!reached) {
            failures_.add();
            base::log_error("store.checkpoint_failed", {{"reason", reached.fault().detail}});
            return;
        }
        database_->sync_copied();
        if (frames() - reached->copied <= kTailFrames) return;
    }
}

void Checkpointer::run() {
    lower_priority();
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return is_stopping_ || (is_wanted_ && !is_paused_); });
        if (is_stopping_) break;
        is_copying_ = true;
        lock.unlock();
        copy();
        lock.lock();
        is_copying_ = false;
        is_nearly_done_ = is_wanted_;
        is_wanted_ = false;
        rest_.notify_all();
    }
    if (database_) database_->keep_log_on_close();
    database_.reset();
}

}  // namespace herald::store
