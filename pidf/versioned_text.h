// pidf/versioned_text.h: a document whose version number each subscription counts for itself.
#pragma once

#include <cstddef>
#include <string>

namespace herald::pidf {

/// A document without its version number, which is each subscription's own.
struct VersionedText {
    std::string text;
    std::size_t version_at = 0;  ///< where in `text` the digits go
};

}  // namespace herald::pidf
