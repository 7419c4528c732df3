// store/sqlite/settle.cpp: makes what can be read of a write-ahead log what is on the disk.
#include "store/sqlite/settle.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace herald::store {
namespace {

// SQLite's own layer writes at most 128 KB at once, and takes more for a full disk.
constexpr sqlite3_int64 kPiece = 1 << 16;

/// A file opened through SQLite's own layer: what SQLite would see is what is settled.
class VfsFile {
public:
    explicit VfsFile(sqlite3_vfs* vfs) : room_(static_cast<std::size_t>(vfs->szOsFile)) {}
    ~VfsFile() {
        if (file()->pMethods != nullptr) file()->pMethods->xClose(file());
    }
    VfsFile(const VfsFile&) = delete;
    VfsFile& operator=(const VfsFile&) = delete;

    sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(room_.data()); }
    const sqlite3_io_methods& methods() { return *file()->pMethods; }

private:
    std::vector<unsigned char> room_;
};

int rewrite(VfsFile& log) {
    sqlite3_int64 size = 0;
    if (const int code = log.methods().xFileSize(log.file(), &size); code != SQLITE_OK) return code;
    std::vector<char> piece(static_cast<std::size_t>(std::min(size, kPiece)));
    for (sqlite3_int64 at = 0; at < size; at += kPiece) {
        const int length = static_cast<int>(std::min(size - at, kPiece));
        int code = log.methods().xRead(log.file(), piece.data(), length, at);
        if (code == SQLITE_OK) {
            code = log.methods().xWrite(log.file(), piece.data(), length, at);
        }
        if (code != SQLITE_OK) return code;
    }
    return size == 0 ? SQLITE_OK : log.methods().xSync(log.file(), SQLITE_SYNC_FULL);
}

int settle(sqlite3_vfs* vfs, const char* name) {
    int exists = 0;
    int code = vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &exists);
    if (code != SQLITE_OK || exists == 0) return code;
    VfsFile log(vfs);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL;
    code = vfs->xOpen(vfs, name, log.file(), flags, &flags);
    return code == SQLITE_OK ? rewrite(log) : code;
}

}  // namespace

Status settle_log(const Database::Place& place) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(place.vfs.empty() ? nullptr : place.vfs.c_str());
    if (vfs == nullptr) return Fault{FaultKind::io, "no such SQLite VFS: " + place.vfs};
    // SQLite reads parameters behind a file's name: only names it made itself have that room.
    std::string full(static_cast<std::size_t>(vfs->mxPathname) + 1, '\0');
    int code = vfs->xFullPathname(vfs, place.path.c_str(), vfs->mxPathname, full.data());
    const std::string base = full.c_str();
    const std::unique_ptr<const char, void (*)(const char*)> name(
        sqlite3_create_filename(base.c_str(), (base + "-journal").c_str(), (base + "-wal").c_str(),
                                0, nullptr),
        sqlite3_free_filename);
    if (code == SQLITE_OK || code == SQLITE_OK_SYMLINK) {
        code = name ? settle(vfs, sqlite3_filename_wal(name.get())) : SQLITE_NOMEM;
    }
    if (code == SQLITE_OK) return {};
    return Fault{FaultKind::io,
                 base + "-wal: " + sqlite3_errstr(code) + " (SQLite " + std::to_string(code) + ')'};
}

}  // namespace herald::store
