// server/access/list_entries.h: many entries of lists at once.
#pragma once

#include <vector>

#include "server/access/policies.h"

namespace herald::server {

/// `entries` with all of `later`, as with_entry() one after the other, in the time of a sort.
std::vector<ListEntry> with_entries(std::vector<ListEntry> entries, std::vector<ListEntry> later);

}  // namespace herald::server
