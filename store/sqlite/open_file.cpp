// store/sqlite/open_file.cpp: the file of a store while a process has it: claimed, open, and after
// a failure closed and opened again.
#include "store/sqlite/open_file.h"

#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "store/sqlite/run.h"
#include "store/sqlite/settle.h"

namespace herald::store {
namespace {

/// Exclusive access needs no shared memory file, which a full disk might refuse; another process
/// that reads the file may prevent exclusive access.
Result<std::uint64_t> sequence_on_disk(const Database::Place& place) {
    Fault fault{FaultKind::io, ""};
    for (const char* mode : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode = NORMAL"}) {
        auto database = Database::open(place);
        if (!database) return database.fault();
        database->keep_log_on_close();
        (void)database->execute(mode);
        auto sequence = last_sequence(*database);
        if (sequence) return sequence;
        fault = sequence.fault();
    }
    return fault;
}

/// The requests can be neither answered nor left waiting for ever; a new start reads what is there.
[[noreturn]] void end_undecided(const Database::Place& place, const Fault& fault) {
    base::log_error("store.undecided",
                    {{"file", place.path}, {"reason", fault.detail}, {"then", "the process ends"}});
    base::log_flush();
    std::abort();
}

}  // namespace

OpenFile::OpenFile(const Setup& setup, base::Metrics& metrics)
    : log_buffer_(setup.place.vfs),
      place_{.path = setup.place.path, .vfs = log_buffer_.name()},
      log_copier_(metrics) {
    if (setup.has_checkpointer && !is_in_memory()) log_copier_.begin_thread(place_, metrics);
}

Result<Database> OpenFile::claim() {
    if (place_.vfs.empty()) return Fault{FaultKind::invalid_configuration, "no such SQLite VFS"};
    if (!is_in_memory()) {
        auto lock = claim_file(place_.path);
        if (!lock) return lock.fault();
        lock_ = std::move(*lock);
        if (auto settled = settle_log(place_); !settled) return settled.fault();
    }
    auto database = open_configured(place_);
    if (!database) return database;
    if (auto ours = check_ours(*database, place_.path); !ours) return ours.fault();
    return database;
}

Status OpenFile::use(Database database, const Home& home) {
    home_ = home;
    auto connection = SqliteConnection::prepare(std::move(database), home_);
    if (!connection) return connection.fault();
    connection_ = *std::move(connection);
    if (is_in_memory()) return {};
    files_ = StoreFiles::of(place_.path);
    return sync_folder_of(place_.path);
}

bool OpenFile::reopen() {
    auto database = open_configured(place_);
    if (!database) return false;
    auto connection = SqliteConnection::prepare(*std::move(database), home_);
    if (!connection) return false;
    connection_ = *std::move(connection);
    log_copier_.resume();
    return true;
}

void OpenFile::drop() {
    log_copier_.pause();
    connection_->database().keep_log_on_close();
    connection_.reset();
}

bool OpenFile::find_out(std::uint64_t sequence, const std::string& reason) {
    base::log_error("store.commit_failed", {{"reason", reason}});
    drop();
    auto settled = settle_log(place_);
    auto found = settled ? sequence_on_disk(place_) : settled.fault();
    if (!found) end_undecided(place_, found.fault());
    reopen();
    return *found == sequence;
}

void OpenFile::close() {
    connection_.reset();
    lock_ = FileLock();
}

}  // namespace herald::store
