// server/admin/admin_aliases.h: aliases as an operator reads, sets and removes them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace herald::server {

class AdminCarrier;

struct AliasPage {
    std::vector<store::Alias> rows;
    std::string next;       ///< `after` for the next page; empty: no more
    std::size_t total = 0;  ///< matching the filter
};

class AliasAdmin {
public:
    virtual ~AliasAdmin() = default;

    /// Faults: malformed, not_found (no alias, or not one of our domains).
    virtual Result<store::Alias> find(std::string_view aor) = 0;
    /// In order of their AORs, those after `after`; of `resource`, or all where it is empty; at
    /// most `limit` (1 to 1000). Faults: malformed, not_found (not one of our domains).
    virtual Result<AliasPage> page(std::string_view resource, std::string_view after,
                                   std::size_t limit) = 0;
    /// From now on `aor` means `resource`. Durable on return; who watches through it is told to
    /// subscribe again. True: it is new. Faults: malformed, not_found (not one of our domains),
    /// conflict (a chain, or state of its own that stays), limit_reached.
    virtual Result<bool> put(std::string_view aor, std::string_view resource) = 0;
    /// Faults: as find().
    virtual Status remove(std::string_view aor) = 0;
};

std::unique_ptr<AliasAdmin> alias_admin(const AdminCarrier& carrier);

}  // namespace herald::server
