// tests/support/lossy_vfs.cpp: an SQLite file system that loses what was not synced, and fails
// where it is told to.
#include "tests/support/lossy_vfs.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include <sqlite3.h>

namespace herald::testing {
namespace {

constexpr sqlite3_int64 kPage = 4096;

/// One file as programs see it, and what of it the disk has not got.
struct Content {
    std::string bytes;
    std::set<sqlite3_int64> dirty;  ///< pages by number
    bool is_resized = false;
};

}  // namespace

struct LossyVfs::Disk {
    std::string name;
    sqlite3_vfs vfs{};
    sqlite3_vfs* below = nullptr;
    mutable std::mutex mutex;
    std::map<std::string, Content> contents;
    Failure failure;
    bool is_failing = false;
    bool is_on = true;
    std::uint64_t power_ends_at = UINT64_MAX;  ///< operations
    std::uint64_t operations = 0;
    std::uint64_t log_syncs = 0;

    /// With the mutex held. The code to fail with, or SQLITE_OK.
    int admit(Operation operation, Target target) {
        if (!is_on) return SQLITE_IOERR;
        if (!is_failing || failure.operation != operation) return SQLITE_OK;
        if (failure.target != Target::any && failure.target != target) return SQLITE_OK;
        if (failure.after > 0) {
            --failure.after;
            return SQLITE_OK;
        }
        if (failure.times == 0) return SQLITE_OK;
        --failure.times;
        return failure.code;
    }

    /// With the mutex held. True where this is the operation the power goes at.
    bool count_down() {
        if (++operations < power_ends_at) return false;
        contents.clear();
        is_on = false;
        return true;
    }
};

namespace {

using Disk = LossyVfs::Disk;

/// What SQLite allocates for an open file: this, and behind it the file below.
struct File {
    sqlite3_file base;
    Disk* disk;
    const char* path;  ///< SQLite keeps it while the file is open
    LossyVfs::Target target;
};

constexpr int kFileSize = (sizeof(File) + 15) / 16 * 16;

File& of(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file);
}

sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kFileSize);
}

/// The content of an open file, null where power was lost since.
Content* content_of(File& file) {
    const auto found = file.disk->contents.find(file.path);
    return found == file.disk->contents.end() ? nullptr : &found->second;
}

int close(sqlite3_file* file) {
    return below(file)->pMethods->xClose(below(file));
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    File& self = of(file);
    const std::lock_guard lock(self.disk->mutex);
    if (const int code = self.disk->admit(LossyVfs::Operation::read, self.target)) return code;
    Content* content = content_of(self);
    if (content == nullptr) return SQLITE_IOERR_READ;
    const auto length = static_cast<sqlite3_int64>(content->bytes.size());
    const auto have = std::clamp<sqlite3_int64>(length - at, 0, size);
    std::memcpy(to, content->bytes.data() + std::min(at, length), static_cast<std::size_t>(have));
    std::memset(static_cast<char*>(to) + have, 0, static_cast<std::size_t>(size - have));
    return have == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    File& self = of(file);
    const std::lock_guard lock(self.disk->mutex);
    if (const int code = self.disk->admit(LossyVfs::Operation::write, self.target)) return code;
    if (self.disk->count_down()) return SQLITE_IOERR_WRITE;
    Content* content = content_of(self);
    if (content == nullptr) return SQLITE_IOERR_WRITE;
    const auto end = static_cast<std::size_t>(at + size);
    if (content->bytes.size() < end) content->bytes.resize(end);
    std::memcpy(content->bytes.data() + at, from, static_cast<std::size_t>(size));
    for (auto page = at / kPage; page * kPage < at + size; ++page) content->dirty.insert(page);
    return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    File& self = of(file);
    const std::lock_guard lock(self.disk->mutex);
    Content* content = content_of(self);
    if (content == nullptr) return SQLITE_IOERR_TRUNCATE;
    content->bytes.resize(static_cast<std::size_t>(size));
    content->is_resized = true;
    return SQLITE_OK;
}

/// Takes what is dirty to the real file.
int flush(sqlite3_file* file, Content& content, std::size_t limit) {
    sqlite3_file* real = below(file);
    const auto length = static_cast<sqlite3_int64>(content.bytes.size());
    int code = SQLITE_OK;
    if (content.is_resized) code = real->pMethods->xTruncate(real, length);
    for (const sqlite3_int64 page : content.dirty) {
        const sqlite3_int64 from = page * kPage;
        if (code != SQLITE_OK || from >= length || limit-- == 0) break;
        const int size = static_cast<int>(std::min(kPage, length - from));
        code = real->pMethods->xWrite(real, content.bytes.data() + from, size, from);
    }
    return code;
}

int sync(sqlite3_file* file, int) {
    File& self = of(file);
    const std::lock_guard lock(self.disk->mutex);
    Content* content = content_of(self);
    if (!self.disk->is_on || content == nullptr) return SQLITE_IOERR_FSYNC;
    if (self.target == LossyVfs::Target::log) ++self.disk->log_syncs;
    const std::size_t half = content->dirty.size() / 2;
    if (self.disk->operations + 1 >= self.disk->power_ends_at) {
        // Whatever order the device chose: part of it arrived.
        flush(file, *content, half);
    }
    if (self.disk->count_down()) return SQLITE_IOERR_FSYNC;
    int code = self.disk->admit(LossyVfs::Operation::sync, self.target);
    if (code == SQLITE_OK) code = flush(file, *content, SIZE_MAX);
    content->dirty.clear();
    content->is_resized = false;
    return code;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    File& self = of(file);
    const std::lock_guard lock(self.disk->mutex);
    Content* content = content_of(self);
    if (!self.disk->is_on || content == nullptr) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(content->bytes.size());
    return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
    return below(file)->pMethods->xLock(below(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
    return below(file)->pMethods->xUnlock(below(file), level);
}
int check_reserved(sqlite3_file* file, int* result) {
    return below(file)->pMethods->xCheckReservedLock(below(file), result);
}
int control(sqlite3_file* file, int operation, void* argument) {
    // The size is ours to know; hints about it would reach the real file unsynced.
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) {
        return SQLITE_OK;
    }
    return below(file)->pMethods->xFileControl(below(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
    return below(file)->pMethods->xSectorSize(below(file));
}
int characteristics(sqlite3_file* file) {
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}
int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
    return below(file)->pMethods->xShmMap(below(file), page, size, extend, to);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
    return below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}
void barrier(sqlite3_file* file) {
    below(file)->pMethods->xShmBarrier(below(file));
}
int unmap_shared(sqlite3_file* file, int remove) {
    return below(file)->pMethods->xShmUnmap(below(file), remove);
}

const sqlite3_io_methods kMethods{
    2,
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
    map_shared,
    lock_shared,
    barrier,
    unmap_shared,
    nullptr,
    nullptr,
};

Disk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<Disk*>(vfs->pAppData);
}

/// With the mutex held: what the disk has is what a new reader sees, until something is written.
int load(Disk& disk, sqlite3_file* real, const char* path) {
    if (disk.contents.count(path) != 0) return SQLITE_OK;
    sqlite3_int64 size = 0;
    if (const int code = real->pMethods->xFileSize(real, &size)) return code;
    Content content;
    content.bytes.resize(static_cast<std::size_t>(size));
    if (size > 0) {
        const int code =
            real->pMethods->xRead(real, content.bytes.data(), static_cast<int>(size), 0);
        if (code != SQLITE_OK) return code;
    }
    disk.contents.emplace(path, std::move(content));
    return SQLITE_OK;
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
    Disk& disk = disk_of(vfs);
    file->pMethods = nullptr;
    const bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
    const std::lock_guard lock(disk.mutex);
    const auto target = is_log ? LossyVfs::Target::log : LossyVfs::Target::database;
    if (const int code = disk.admit(LossyVfs::Operation::open, target)) return code;
    // Only files that must survive are lost; others pass through as they are.
    if (path == nullptr || (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) == 0) {
        return disk.below->xOpen(disk.below, path, file, flags, out);
    }
    File& self = of(file);
    self = File{{nullptr}, &disk, path, target};
    int code = disk.below->xOpen(disk.below, path, below(file), flags, out);
    if (code == SQLITE_OK) code = load(disk, below(file), path);
    if (code != SQLITE_OK) {
        if (below(file)->pMethods != nullptr) below(file)->pMethods->xClose(below(file));
        return code;
    }
    self.base.pMethods = &kMethods;
    return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    Disk& disk = disk_of(vfs);
    const std::lock_guard lock(disk.mutex);
    if (!disk.is_on) return SQLITE_IOERR_DELETE;
    disk.contents.erase(path);
    return disk.below->xDelete(disk.below, path, sync_folder);
}

int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    Disk& disk = disk_of(vfs);
    const std::lock_guard lock(disk.mutex);
    const auto found = disk.contents.find(path);
    if (flags == SQLITE_ACCESS_EXISTS && found != disk.contents.end()) {
        *result = !found->second.bytes.empty();
        return SQLITE_OK;
    }
    return disk.below->xAccess(disk.below, path, flags, result);
}

int full_path(sqlite3_vfs* vfs, const char* path, int size, char* to) {
    return disk_of(vfs).below->xFullPathname(disk_of(vfs).below, path, size, to);
}
int randomness(sqlite3_vfs* vfs, int size, char* to) {
    return disk_of(vfs).below->xRandomness(disk_of(vfs).below, size, to);
}
int sleep(sqlite3_vfs* vfs, int microseconds) {
    return disk_of(vfs).below->xSleep(disk_of(vfs).below, microseconds);
}
int current_time(sqlite3_vfs* vfs, double* to) {
    return disk_of(vfs).below->xCurrentTime(disk_of(vfs).below, to);
}
int last_error(sqlite3_vfs* vfs, int size, char* to) {
    return disk_of(vfs).below->xGetLastError(disk_of(vfs).below, size, to);
}

}  // namespace

LossyVfs::LossyVfs(const std::string& name) : disk_(std::make_shared<Disk>()) {
    Disk& disk = *disk_;
    disk.name = name;
    disk.below = sqlite3_vfs_find(nullptr);
    disk.vfs.iVersion = 1;
    disk.vfs.szOsFile = kFileSize + disk.below->szOsFile;
    disk.vfs.mxPathname = disk.below->mxPathname;
    disk.vfs.zName = disk.name.c_str();
    disk.vfs.pAppData = &disk;
    disk.vfs.xOpen = open;
    disk.vfs.xDelete = remove;
    disk.vfs.xAccess = access;
    disk.vfs.xFullPathname = full_path;
    disk.vfs.xRandomness = randomness;
    disk.vfs.xSleep = sleep;
    disk.vfs.xCurrentTime = current_time;
    disk.vfs.xGetLastError = last_error;
    sqlite3_vfs_register(&disk.vfs, 0);
}

LossyVfs::~LossyVfs() {
    sqlite3_vfs_unregister(&disk_->vfs);
}

const std::string& LossyVfs::name() const {
    return disk_->name;
}

void LossyVfs::fail(const Failure& failure) {
    const std::lock_guard lock(disk_->mutex);
    disk_->failure = failure;
    disk_->is_failing = true;
}

void LossyVfs::heal() {
    const std::lock_guard lock(disk_->mutex);
    disk_->is_failing = false;
}

void LossyVfs::lose_power() {
    const std::lock_guard lock(disk_->mutex);
    disk_->contents.clear();
    disk_->is_on = false;
}

void LossyVfs::restore_power() {
    const std::lock_guard lock(disk_->mutex);
    disk_->is_on = true;
    disk_->power_ends_at = UINT64_MAX;
}

void LossyVfs::lose_power_at(std::uint64_t operation) {
    const std::lock_guard lock(disk_->mutex);
    disk_->power_ends_at = disk_->operations + operation;
}

bool LossyVfs::has_power() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->is_on;
}

std::uint64_t LossyVfs::log_syncs() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->log_syncs;
}

std::uint64_t LossyVfs::operations() const {
    const std::lock_guard lock(disk_->mutex);
    return disk_->operations;
}

}  // namespace herald::testing
