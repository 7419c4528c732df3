// packages/external_body.h: a document that is named, not sent (RFC 4483).
//
//   Content-Type: message/external-body; access-type="URL"; expiration="..."; URL="..."; size=..; hash=..
//
//   Content-Type: text/xml
//   Content-ID: <...>
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "packages/package.h"

namespace herald::packages {

/// A document elsewhere. Of what is written here only `content` is any bytes.
struct ExternalBody {
    std::string url;           ///< absolute, without blanks and quotes
    std::string content_type;  ///< of the document
    std::string content_id;    ///< without brackets; another one for other content
    std::string_view content;  ///< what it is as of now, for its size and hash
    base::WallTime expires_at{};
};

Document external_body(const ExternalBody& of);
/// Several documents as one (RFC 2046 5.1). Types of parts may have parameters.
Document multipart(std::span<const Document> parts);

}  // namespace herald::packages
