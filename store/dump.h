// store/dump.h: a store written out to be read.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace herald::store {

/// Writes every row as one line of JSON: {"table":"aliases","aor":...}. Bytes that are no UTF-8 are
/// written as if they were Latin-1. Digest secrets and hashes of tokens are left out. Nobody else
/// may use the store. Faults: those of open(); io.
Status dump_store(std::string_view url, const StoreOptions& options, const base::Clock& clock,
                  const std::function<void(std::string_view)>& line);

}  // namespace herald::store
