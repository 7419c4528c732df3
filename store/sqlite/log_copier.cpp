// store/sqlite/log_copier.cpp: who copies the write-ahead log back into the database, and when.
#include "store/sqlite/log_copier.h"

#include <cstdint>

#include "base/log.h"

namespace herald::store {
namespace {

constexpr std::uint64_t kFrameBytes = 4096 + 24;

}  // namespace

LogCopier::LogCopier(base::Metrics& metrics)
    : log_bytes_(metrics.gauge("herald_store_wal_bytes", "Bytes in use of the write-ahead log")) {}

void LogCopier::begin_thread(const Database::Place& place, base::Metrics& metrics) {
    checkpointer_.emplace(place, metrics);
}

void LogCopier::after_commit(Database& database) {
    const int frames = database.log_frames();
    log_bytes_.set(static_cast<std::uint64_t>(frames) * kFrameBytes);
    const bool is_due =
        checkpointer_ ? checkpointer_->on_commit(frames) : frames >= kCheckpointFrames;
    if (is_due) copy(database);
}

void LogCopier::copy(Database& database) {
    const auto reached = database.checkpoint();
    if (!reached) {
        base::log_error("store.checkpoint_failed", {{"reason", reached.fault().detail}});
    }
    const int frames = database.log_frames();
    if (checkpointer_)
        checkpointer_->finished(reached ? reached->frames - reached->copied : frames);
}

void LogCopier::pause() {
    if (checkpointer_) checkpointer_->pause();
}

void LogCopier::resume() {
    if (checkpointer_) checkpointer_->resume();
}

}  // namespace herald::store
