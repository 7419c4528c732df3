// server/address/aliases.h: addresses-of-record that stand for another one, as one shard holds
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text_map.h"
#include "store/records.h"

namespace herald::server {

/// Aliases by their AOR. Filled at recovery, changed after each commit, told to one shard after the
/// other. One per shard, on its thread: no lock on the way of a request.
class Aliases {
public:
    /// What `aor` stands for: itself where it is no alias. Valid until the next change, and no
    /// longer than `aor`.
    std::string_view resolve(std::string_view aor) const;
    /// `aor` as it is kept, where it is an alias; empty otherwise. Valid until the next change.
    std::string_view find(std::string_view aor) const;
    /// Whether `aor` is an alias, or what one stands for.
    bool knows(std::string_view aor) const;

    void put(const store::Alias& alias);
    void remove(std::string_view aor);

    /// Whether `alias` may be set: a resource is never an alias itself, so there are no chains and
    /// no loops. Faults: malformed (stands for itself), conflict, limit_reached.
    Status check(const store::Alias& alias, std::size_t most) const;

    /// In order of their AORs, after `after`, the first `limit`; of one resource, or of all where
    /// that is empty. `total` counts all of them.
    std::vector<store::Alias> page(std::string_view resource, std::string_view after,
                                   std::size_t limit, std::size_t& total) const;

    std::size_t size() const noexcept { return resources_.size(); }
    /// False until there is one: then every request is where it belongs.
    bool is_used() const noexcept { return is_used_; }

private:
    base::TextMap<std::string> resources_;    ///< by alias
    base::TextMap<std::uint32_t> referents_;  ///< how many aliases a resource has
    bool is_used_ = false;
};

}  // namespace herald::server
