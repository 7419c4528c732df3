// server/publish/published_body.h: the document in the body of a PUBLISH (RFC 3903 6 step 5, 5621).
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "packages/package.h"
#include "sip/answer.h"
#include "sip/message.h"

namespace herald::server {

/// What a PUBLISH carries for the package.
struct PublishedBody {
    std::string type;
    std::string_view content;  ///< within the request
};

/// The one document the package takes, alone or within a multipart body: of alternatives the last
/// one. Parts that need not be understood are passed over; one that must be and is not is 415.
/// Otherwise 413 for its size, 400 for a body that cannot be read.
std::variant<PublishedBody, sip::Answer> published_body(const sip::Message& request,
                                                        const packages::Profile& profile);

}  // namespace herald::server
