// store/sqlite/sqlite_file.h: the file of a store: claimed, opened with its settings, known to be
// ours.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/sqlite/file_lock.h"

namespace herald::store {

/// Makes the folders and the file (readable by its owner only: it holds digest secrets) and locks
/// it, by whatever name it was found. Faults: io (where the file is missing beside a log of it,
/// too), conflict.
Result<FileLock> claim_file(const std::string& path);

/// The file of an open store and its log, by their identity.
class StoreFiles {
public:
    struct File {
        std::string name;
        std::uint64_t device = 0, number = 0;  ///< number 0: there is none
        bool is_same(const File& other) const noexcept {
            return device == other.device && number == other.number;
        }
    };

    StoreFiles() = default;
    /// As they are now.
    static StoreFiles of(const std::string& path);
    /// A sentence about what is not in its place any more; empty: nothing.
    std::string what_is_lost() const;

private:
    File database_, log_;
};

/// Makes the names of a new file as durable as its content. Faults: io.
Status sync_folder_of(const std::string& path);

/// KiB of pages an open store keeps.
inline constexpr int kPageCache = 65536;

/// Opens for write-ahead logging where every commit is synced. Faults: io.
Result<Database> open_configured(const Database::Place& place);

/// Faults: invalid_configuration where the file is some other program's database; io.
Status check_ours(Database& database, const std::string& path);

}  // namespace herald::store
