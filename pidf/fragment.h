// pidf/fragment.h: pieces of canonical text, read again.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pidf/xml.h"

namespace herald::pidf {

/// A fragment of canonical text under a root that declares whatever it may use.
std::string rooted(std::string_view fragment);

/// What such a document may hold: it is ours.
inline constexpr xml::Limits kFragmentLimits{
    .bytes = 1 << 19, .elements = 1U << 16, .attributes = 1U << 16, .namespaces = 1024};

/// All that `elements` say, which have one name, in one element without attributes: notes first,
/// each child once, and none that says nothing is known beside others (RFC 4480 3.2, 3.5).
std::string united(std::span<const std::string_view> elements);

}  // namespace herald::pidf
