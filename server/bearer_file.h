// server/bearer_file.h: the keys of bearer tokens: read from their file, and again when it changes.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "server/access/bearer.h"

namespace herald::server {

/// Touched by one thread at a time.
class BearerFile {
public:
    using Keys = std::shared_ptr<const BearerKeys>;

    /// Null where `file` is empty. Faults: invalid_configuration; then what was read before still
    /// counts.
    Result<Keys> load(const std::string& file);
    /// Reads the file again if it is another than when it was last read. Null: there is nothing
    /// new, or nothing good, which is logged once.
    Keys look();

private:
    Result<Keys> read();

    std::string file_;
    std::string read_;  ///< its fingerprint when it was read
};

}  // namespace herald::server
