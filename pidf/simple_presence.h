// pidf/simple_presence.h: presence in the few words a web page has for it, and as PIDF (RFC 3863,
// 4479, 4480).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::pidf {

struct SimplePresence {
    bool is_open = false;
    std::vector<std::string> activities{};  ///< RPID names, or words of "other"
    std::string note{};

    friend bool operator==(const SimplePresence&, const SimplePresence&) = default;
};

/// The names of activities (RFC 4480 3.2), in alphabetical order.
std::span<const std::string_view> activity_names() noexcept;

/// What a PIDF document comes to: open where any tuple is; the first note of the person, else of
/// the document, else of a tuple. Faults: malformed, too_large.
Result<SimplePresence> simple_presence_of(std::string_view body);

/// A document about `entity` whose ids are made of `id`, an NCName; valid under the schemas where
/// the activities are activity_names().
std::string pidf_of(const SimplePresence& presence, std::string_view entity, std::string_view id);

}  // namespace herald::pidf
