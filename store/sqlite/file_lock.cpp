// store/sqlite/file_lock.cpp: keeps a second process out of a store.
#include "store/sqlite/file_lock.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.h"

namespace herald::store {
namespace {

std::string holder_of(int descriptor) {
    char room[24];
    const auto size = ::pread(descriptor, room, sizeof room, 0);
    const std::string_view text(room, size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto process = base::to_u64(base::trim(text));
    return process ? "process " + std::to_string(*process) : "another process";
}

void note_holder(int descriptor) {
    const std::string text = std::to_string(::getpid()) + '\n';
    // Only for the message of holder_of(): the lock itself does not depend on it.
    if (::ftruncate(descriptor, 0) == 0) {
        [[maybe_unused]] const auto written = ::pwrite(descriptor, text.data(), text.size(), 0);
    }
}

Fault lock_fault(const std::string& name) {
    return {FaultKind::io, name + ": " + std::strerror(errno)};
}

}  // namespace

FileLock::FileLock(FileLock&& other) noexcept
    : note_(std::exchange(other.note_, -1)), file_(std::exchange(other.file_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(note_, other.note_);
    std::swap(file_, other.file_);
    return *this;
}

FileLock::~FileLock() {
    if (file_ >= 0) ::close(file_);
    if (note_ >= 0) ::close(note_);
}

Result<FileLock> FileLock::take(const std::string& path) {
    const std::string note = path + ".lock";
    FileLock lock;
    // The note first: to open and close the file would end the locks SQLite has in this process.
    for (auto& [descriptor, name] :
         {std::pair{&lock.note_, &note}, std::pair{&lock.file_, &path}}) {
        *descriptor = ::open(name->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (*descriptor < 0) return lock_fault(*name);
        if (::flock(*descriptor, LOCK_EX | LOCK_NB) == 0) continue;
        if (errno != EWOULDBLOCK) return lock_fault(*name);
        return Fault{FaultKind::conflict, path + " is in use by " + holder_of(lock.note_) +
                                              ": stop it, or give this one a store of its own"};
    }
    note_holder(lock.note_);
    return lock;
}

}  // namespace herald::store
