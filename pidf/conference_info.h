// pidf/conference_info.h: conference information documents (RFC 4575 5): read, merged, written
// whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pidf/versioned_text.h"
#include "pidf/xml.h"

namespace herald::pidf {

inline constexpr std::string_view kConferenceInfoType = "application/conference-info+xml";

/// Whether an element is the whole of what it is about, what changed of it, or its end (RFC 4575
/// 4.4).
enum class ElementState : std::uint8_t { full, partial, deleted };

/// An element of a conference, with those in it. Strings but the name are markup.
struct ConferenceElement {
    std::string name;
    std::string attributes;  ///< each after a blank, without state and version
    std::string key;         ///< tells it from others of its name beside it
    std::string text;        ///< of a leaf; of another namespace: the whole element
    std::vector<ConferenceElement> children;
    ElementState state = ElementState::full;
    bool is_foreign = false;
};

struct ConferenceInfo {
    ConferenceElement root;
    xml::NamespaceSet prefixes;

    bool is_full() const noexcept { return root.state == ElementState::full; }
};

/// Faults: too_large; malformed, detail "line L, column C: why".
Result<ConferenceInfo> parse_conference_info(std::string_view body);

/// What is true where `earlier` was and `told` is news: whole (RFC 4575 4.6).
ConferenceInfo merged(const ConferenceInfo& earlier, const ConferenceInfo& told);

/// The conference of `entity`; a root without children where nothing is known of it. `told`
/// nullptr: nothing.
VersionedText to_text(const ConferenceInfo* told, std::string_view entity);

}  // namespace herald::pidf
