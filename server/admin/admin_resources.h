// server/admin/admin_resources.h: a resource as an operator sees it: what is published of it and
// what comes of that.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace herald::server {

class AdminCarrier;

struct PublicationInfo {
    std::string source, publisher, entity_tag_prefix, type, rank;
    base::WallTime arrived{};
    std::optional<base::WallTime> expires_at;
    std::size_t size = 0;
    std::string body;
};

struct ResourceInfo {
    std::string package, aor;
    std::string type, body;  ///< the composed document an unrestricted watcher gets
    std::vector<PublicationInfo> publications;
    std::size_t watchers = 0;
};

class ResourceAdmin {
public:
    virtual ~ResourceAdmin() = default;

    /// Faults: unknown_event, malformed (not an AOR), not_found (not one of our domains).
    virtual Result<ResourceInfo> find(std::string_view package, std::string_view aor) = 0;
};

std::unique_ptr<ResourceAdmin> resource_admin(const AdminCarrier& carrier);

}  // namespace herald::server
