// store/sqlite/checkpointer.h: copies the write-ahead log back into the database beside the lane
// that writes it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/metrics.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// A thread of low priority with a connection of its own. The log can start over only at a moment
/// when all of it was copied, and a busy lane adds to it meanwhile: so the thread copies until
/// little is left, and the lane copies the rest between two of its commits.
class Checkpointer {
public:
    Checkpointer(Database::Place place, base::Metrics& metrics);
    /// Ends the thread and closes its connection.
    ~Checkpointer();
    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;

    /// Called by the lane after a commit with the length of the log. Returns true if the lane
    /// should now copy the rest and then call finished().
    bool on_commit(int frames);
    /// `left`: frames the lane could not copy either, because another reader still needs them.
    void finished(int left);

    /// Closes the connection once the copying at hand is done; none is opened before resume().
    void pause();
    void resume();

private:
    void run();
    /// Copies until little is left. Runs without the mutex.
    void copy();
    int frames();

    const Database::Place place_;
    base::Counter& failures_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable rest_;  ///< the thread does not use the connection
    std::optional<Database> database_;
    int frames_ = 0;
    int start_at_;  ///< frames
    bool is_wanted_ = false;
    bool is_copying_ = false;
    bool is_nearly_done_ = false;
    bool is_paused_ = false;
    bool is_stopping_ = false;
    std::thread thread_;
};

/// Frames in the log at which copying starts: 16 MB. A longer log costs a restart time and saves no
/// copying that a run of bench/ could show.
inline constexpr int kCheckpointFrames = 4000;

}  // namespace herald::store
