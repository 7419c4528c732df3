// store/sqlite/file_lock.h: keeps a second process out of a store.
#pragma once

#include <string>

#include "base/result.h"

namespace herald::store {

/// Locks the file itself until destroyed or until the process ends, however it ends: whoever comes
/// by another name meets the same lock. `<path>.lock` is locked too, and says by whom. To be
/// destroyed behind every SQLite connection to the file.
class FileLock {
public:
    FileLock() = default;
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

    /// Makes the file where there is none. `path` leads through no link. Faults: conflict, naming
    /// the file and the process that holds it; io.
    static Result<FileLock> take(const std::string& path);

private:
    int note_ = -1;  ///< descriptor of <path>.lock
    int file_ = -1;
};

}  // namespace herald::store
