// store/sqlite/file_lock.h: keeps a second process out of a store.
#pragma once

#include <string>

#include "base/result.h"

namespace herald::store {

/// Holds `<path>.lock` until destroyed or until the process ends, however it ends. The file stays:
/// removing it would let two processes lock two files of one name.
class FileLock {
public:
    FileLock() = default;
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

    /// Faults: conflict, naming the file and the process that holds it; io.
    static Result<FileLock> take(const std::string& path);

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

}  // namespace herald::store
