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

}  // namespace

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FileLock> FileLock::take(const std::string& path) {
    const std::string name = path + ".lock";
    const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return Fault{FaultKind::io, name + ": " + std::strerror(errno)};
    FileLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
        note_holder(descriptor);
        return lock;
    }
    if (errno != EWOULDBLOCK) return Fault{FaultKind::io, name + ": " + std::strerror(errno)};
    return Fault{FaultKind::conflict, path + " is in use by " + holder_of(descriptor) +
                                          ": stop it, or give this one a store of its own"};
}

}  // namespace herald::store
