// server/bearer_file.cpp: the keys of bearer tokens: read from their file, and again when it
// changes.
#include "server/bearer_file.h"

#include "base/log.h"
#include "server/certificates.h"

namespace herald::server {

Result<BearerFile::Keys> BearerFile::load(const std::string& file) {
    file_ = file;
    return file.empty() ? Result<Keys>(Keys()) : read();
}

BearerFile::Keys BearerFile::look() {
    if (file_.empty() || fingerprint_of(file_) == read_) return nullptr;
    auto fresh = read();
    if (fresh) {
        base::log_info("bearer.reloaded", {{"file", file_}});
        return *std::move(fresh);
    }
    base::log_error("bearer.unreadable", {{"why", fresh.fault().detail}});
    return nullptr;
}

Result<BearerFile::Keys> BearerFile::read() {
    read_ = fingerprint_of(file_);
    return BearerKeys::load(file_);
}

}  // namespace herald::server
