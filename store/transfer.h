// store/transfer.h: a whole store copied into another one.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace herald::store {

/// Copies everything into an empty store, of either database: keys and epoch too, so that tags,
/// numbers and entity-tags are good there. `told` is called now and then with the rows copied so
/// far. Returns their number. Nobody else may use either store. Faults: those of open(); conflict
/// where the second one is not empty; io.
Result<std::uint64_t> copy_store(std::string_view from, std::string_view to,
                                 const StoreOptions& options, const base::Clock& clock,
                                 const std::function<void(std::uint64_t)>& told);

}  // namespace herald::store
