// pidf/rlmi.h: resource list meta-information: whom a notification of a list tells about (RFC 4662
// 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::pidf {

inline constexpr std::string_view kRlmiType = "application/rlmi+xml";
inline constexpr std::size_t kMostListed = 4096;  ///< resources in one document

/// One subscription that the list's server has for a resource.
struct ListedInstance {
    std::string state;       ///< lower case: active, pending, terminated
    std::string reason;      ///< of a terminated one
    std::string content_id;  ///< of the body part with its state, without <>; empty: none
};

struct ListedResource {
    std::string uri;
    std::vector<ListedInstance> instances;  ///< none: nothing is known of it
};

struct ResourceList {
    std::string uri;
    std::uint32_t version = 0;
    bool is_full = true;  ///< whoever is not named is not in the list
    std::vector<ListedResource> resources;
};

/// Faults: too_large; malformed, detail "line L, column C: why".
Result<ResourceList> parse_resource_list(std::string_view body);

}  // namespace herald::pidf
