// store/sqlite/open_file.h: the file of a store while a process has it: claimed, open, and after a
// failure closed and opened again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "store/sqlite/database.h"
#include "store/sqlite/file_lock.h"
#include "store/sqlite/log_buffer.h"
#include "store/sqlite/log_copier.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/sqlite/sqlite_file.h"
#include "store/store.h"

namespace herald::store {

/// An error from COMMIT leaves open what became of the transaction, so the file is closed, its log
/// settled (settle_log), opened again and asked for the number of its last one. If even that fails,
/// nobody may be told anything: the process ends and the next start reads what is there.
class OpenFile {
public:
    struct Setup {
        Database::Place place;
        bool has_checkpointer = true;  ///< false: the log is copied back between commits
    };
    OpenFile(const Setup& setup, base::Metrics& metrics);

    /// Locks the file, settles its log and opens it. Faults: io; conflict; invalid_configuration
    /// where it is some other program's.
    Result<Database> claim();
    /// To be called once with that database, when everything is ready for commits. Faults: io.
    Status use(Database database, const Home& home);

    /// Not after a failure, until reopen() succeeds.
    bool is_open() const noexcept { return connection_ != nullptr; }
    SqliteConnection& connection() noexcept { return *connection_; }
    Database& database() noexcept { return connection_->database(); }

    bool reopen();
    /// Closes without touching the log.
    void drop();
    /// Whether transaction `sequence` is in the file after a COMMIT that failed for this `reason`.
    /// Ends the process where that cannot be told; may leave the file closed.
    bool find_out(std::uint64_t sequence, const std::string& reason);

    bool is_in_memory() const { return place_.is_in_memory(); }
    /// As StoreFiles.
    std::string what_is_lost() const { return files_.what_is_lost(); }
    LogCopier& log_copier() noexcept { return log_copier_; }
    /// The last connection to close copies the log and removes it.
    void close();

private:
    const LogBuffer log_buffer_;
    const Database::Place place_;
    FileLock lock_;
    StoreFiles files_;
    Home home_;
    std::unique_ptr<SqliteConnection> connection_;
    LogCopier log_copier_;
};

}  // namespace herald::store
