// store/sqlite/log_buffer.h: an SQLite file system that writes the log in large pieces.
#pragma once

#include <memory>
#include <string>

namespace herald::store {

/// SQLite writes each page of a commit with two system calls. This layer gathers what is appended
/// to a write-ahead log and writes it when it is synced: with every commit, before it counts for
/// anybody. Other files pass through. Needs synchronous = FULL, with which nobody reads what was
/// not synced. A write that fails shows in the sync.
class LogBuffer {
public:
    /// Layered over the SQLite VFS called `below`, empty for the default. Registered for as long as
    /// this lives.
    explicit LogBuffer(const std::string& below);
    ~LogBuffer();
    LogBuffer(const LogBuffer&) = delete;
    LogBuffer& operator=(const LogBuffer&) = delete;

    /// To open databases with; empty where `below` does not exist.
    const std::string& name() const noexcept { return name_; }

private:
    struct Layer;

    std::string name_;
    std::unique_ptr<Layer> layer_;
};

}  // namespace herald::store
