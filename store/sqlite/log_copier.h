// store/sqlite/log_copier.h: who copies the write-ahead log back into the database, and when.
#pragma once

#include <optional>

#include "base/metrics.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/database.h"

namespace herald::store {

/// The lane between its commits, all of it or what a Checkpointer leaves.
class LogCopier {
public:
    explicit LogCopier(base::Metrics& metrics);

    /// From now on most is copied by a thread of its own.
    void begin_thread(const Database::Place& place, base::Metrics& metrics);
    void end_thread() { checkpointer_.reset(); }

    /// Called after a commit on this connection.
    void after_commit(Database& database);
    /// Keeps its hands off the file until resume().
    void pause();
    void resume();

private:
    void copy(Database& database);

    base::Counter& log_bytes_;
    std::optional<Checkpointer> checkpointer_;
};

}  // namespace herald::store
