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

struct ResourceQuery {
    std::string package, domain;  ///< empty: any
    std::string after;            ///< ResourceRow::key of the last row of the previous page
    std::size_t limit = 100;
};

/// A resource in a list: one that is watched, or of which something is published.
struct ResourceRow {
    std::string aor, package;
    std::size_t watchers = 0, publications = 0;

    std::string key() const { return aor + ' ' + package; }
};

struct ResourceRows {
    std::vector<ResourceRow> rows;  ///< by AOR and package
    std::string next;               ///< `after` for the next page; empty: no more
    std::size_t total = 0;          ///< matching the filters
};

class ResourceAdmin {
public:
    virtual ~ResourceAdmin() = default;

    /// Faults: unknown_event.
    virtual Result<ResourceRows> page(const ResourceQuery& query) = 0;

    /// Faults: unknown_event, malformed (not an AOR), not_found (not one of our domains).
    virtual Result<ResourceInfo> find(std::string_view package, std::string_view aor) = 0;
};

std::unique_ptr<ResourceAdmin> resource_admin(const AdminCarrier& carrier);

}  // namespace herald::server
