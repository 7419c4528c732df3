// tests/support/lossy_vfs.h: an SQLite file system that loses what was not synced, and fails where
// it is told to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace herald::testing {

/// Registered with SQLite under `name()` for as long as it lives.
///
/// Database and log files live in memory as in a kernel's page cache; only a sync takes a file's
/// changed pages to the real file below. A sync that fails loses them as Linux does: they are read
/// back, but count as clean, and no later sync takes them to the disk unless they are written
/// again. Locks and shared memory are those of the real files. Names of new files are not lost: a
/// file without synced content is empty, which SQLite takes for absent.
class LossyVfs {
public:
    enum class Target : std::uint8_t { log, database, any };
    enum class Operation : std::uint8_t { open, read, write, sync };

    /// Lets `after` operations of that kind pass, then fails `times` of them with the SQLite result
    /// `code`.
    struct Failure {
        Target target = Target::log;
        Operation operation = Operation::sync;
        std::uint64_t after = 0;
        std::uint64_t times = 1;
        int code = 0;
    };

    explicit LossyVfs(const std::string& name);
    ~LossyVfs();
    LossyVfs(const LossyVfs&) = delete;
    LossyVfs& operator=(const LossyVfs&) = delete;

    const std::string& name() const;

    /// Replaces the failure set before; it counts from now.
    void fail(const Failure& failure);
    /// No more failures.
    void heal();
    /// Drops everything not synced. All operations fail until restore_power(), which open files do
    /// not survive.
    void lose_power();
    void restore_power();
    /// Power goes at the `operation`-th write or sync from now on: the write is lost, half of the
    /// sync.
    void lose_power_at(std::uint64_t operation);
    bool has_power() const;

    /// Syncs of the log, and writes and syncs of all files, so far.
    std::uint64_t log_syncs() const;
    std::uint64_t operations() const;

    /// The file system below, shared with SQLite's callbacks.
    struct Disk;

private:
    std::shared_ptr<Disk> disk_;
};

}  // namespace herald::testing
