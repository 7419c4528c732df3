// server/publish/settled_publication.h: changes of publications whose outcome the store may not
// know.
#pragma once

#include <cstdint>

#include "base/task.h"
#include "server/core/context.h"
#include "server/publish/publications.h"
#include "store/store.h"

namespace herald::server {

/// As Publications::commit(); where the store does not know what became of the change, `apply` runs
/// with that, and again once it is known, and only then what waited goes on.
void commit_until_known(Context& context, Publications& publications, std::uint32_t slot,
                        store::Change change, base::Task<void(store::Outcome)> apply);

}  // namespace herald::server
