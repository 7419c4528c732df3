// store/sqlite/log_buffer.cpp: an SQLite file system that writes the log in large pieces.
#include "store/sqlite/log_buffer.h"

#include <atomic>
#include <cstring>
#include <new>
#include <vector>

#include <sqlite3.h>

namespace herald::store {
namespace {

// SQLite's own layer writes at most 128 KB less one byte at once.
constexpr std::size_t kRoom = 120 << 10;

/// What SQLite allocates for an open log: this, and behind it the file below.
struct LogFile {
    sqlite3_file base;
    std::vector<char> gathered;
    sqlite3_int64 at;  ///< where `gathered` belongs
};

constexpr int kFileSize = (sizeof(LogFile) + 15) / 16 * 16;

LogFile& of(sqlite3_file* file) {
    return *reinterpret_cast<LogFile*>(file);
}

sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kFileSize);
}

const sqlite3_io_methods& real(sqlite3_file* file) {
    return *below(file)->pMethods;
}

int flush(sqlite3_file* file) {
    LogFile& log = of(file);
    if (log.gathered.empty()) return SQLITE_OK;
    const int size = static_cast<int>(log.gathered.size());
    const int code = real(file).xWrite(below(file), log.gathered.data(), size, log.at);
    // What failed is not tried again later: its transaction has failed.
    log.gathered.clear();
    return code;
}

int close(sqlite3_file* file) {
    const int flushed = flush(file);
    const int closed = real(file).xClose(below(file));
    of(file).~LogFile();
    return flushed != SQLITE_OK ? flushed : closed;
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    if (const int code = flush(file)) return code;
    return real(file).xRead(below(file), to, size, at);
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    LogFile& log = of(file);
    const auto have = static_cast<sqlite3_int64>(log.gathered.size());
    const bool fits = log.gathered.size() + static_cast<std::size_t>(size) <= kRoom;
    if (have != 0 && (at != log.at + have || !fits)) {
        if (const int code = flush(file)) return code;
    }
    if (static_cast<std::size_t>(size) > kRoom) {
        return real(file).xWrite(below(file), from, size, at);
    }
    if (log.gathered.empty()) log.at = at;
    const char* bytes = static_cast<const char*>(from);
    log.gathered.insert(log.gathered.end(), bytes, bytes + size);
    return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (const int code = flush(file)) return code;
    return real(file).xTruncate(below(file), size);
}

int sync(sqlite3_file* file, int flags) {
    if (const int code = flush(file)) return code;
    return real(file).xSync(below(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (const int code = flush(file)) return code;
    return real(file).xFileSize(below(file), size);
}

int lock_file(sqlite3_file* file, int level) {
    return real(file).xLock(below(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
    return real(file).xUnlock(below(file), level);
}
int check_reserved(sqlite3_file* file, int* result) {
    return real(file).xCheckReservedLock(below(file), result);
}
int control(sqlite3_file* file, int operation, void* argument) {
    return real(file).xFileControl(below(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
    return real(file).xSectorSize(below(file));
}
int characteristics(sqlite3_file* file) {
    return real(file).xDeviceCharacteristics(below(file));
}

// A log has no shared memory and is not mapped: version 1 is all of it.
constexpr sqlite3_io_methods kMethods{
    1,
    close,
    read,
    write,
    truncate,
    sync,
    file_size,
    lock_file,
    unlock_file,
    check_reserved,
    control,
    sector_size,
    characteristics,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

/// A copy of the file system below, its own data included, with another way to open.
struct Layered {
    sqlite3_vfs vfs;  ///< first: what SQLite hands back is its address
    sqlite3_vfs* under;
};

sqlite3_vfs* under(sqlite3_vfs* vfs) {
    return reinterpret_cast<Layered*>(vfs)->under;
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
    if ((flags & SQLITE_OPEN_WAL) == 0)
        return under(vfs)->xOpen(under(vfs), path, file, flags, out);
    file->pMethods = nullptr;
    below(file)->pMethods = nullptr;
    const int code = under(vfs)->xOpen(under(vfs), path, below(file), flags, out);
    if (code != SQLITE_OK) {
        if (below(file)->pMethods != nullptr) real(file).xClose(below(file));
        return code;
    }
    new (file) LogFile{{&kMethods}, {}, 0};
    of(file).gathered.reserve(kRoom);
    return SQLITE_OK;
}

}  // namespace

struct LogBuffer::Layer : Layered {};

LogBuffer::LogBuffer(const std::string& below) {
    static std::atomic<unsigned> made{0};
    sqlite3_vfs* under = sqlite3_vfs_find(below.empty() ? nullptr : below.c_str());
    if (under == nullptr) return;
    name_ = "herald-log-" + std::to_string(++made);
    layer_ = std::make_unique<Layer>(Layer{{*under, under}});
    sqlite3_vfs& vfs = layer_->vfs;
    vfs.pNext = nullptr;
    vfs.szOsFile = kFileSize + under->szOsFile;
    vfs.zName = name_.c_str();
    vfs.xOpen = open;
    sqlite3_vfs_register(&vfs, 0);
}

LogBuffer::~LogBuffer() {
    if (layer_) sqlite3_vfs_unregister(&layer_->vfs);
}

}  // namespace herald::store
