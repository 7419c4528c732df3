// sip/multipart.h: bodies and their parts (RFC 2046 5.1, 5621; RFC 3261 20.11).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sip/message.h"

namespace herald::sip {

inline constexpr std::size_t kMostParts = 64;

/// A body or a part of one. Views point into the message.
struct BodyPart {
    std::string type;                    ///< lower case, without parameters; empty: no Content-Type
    std::string content_type;            ///< as sent, unfolded
    std::string disposition = "render";  ///< lower case, without parameters
    std::string encoding;                ///< Content-Encoding, lower case; empty: identity
    std::string content_id;              ///< as sent, with <>
    bool is_required = true;             ///< handling (RFC 3261 20.11): 415 if not understood
    std::string_view content;            ///< octets, NUL and all; of a multipart: everything
    std::vector<BodyPart> parts;         ///< of a multipart, in order; may be multiparts again

    bool is_multipart() const noexcept { return !parts.empty(); }
};

/// The body of `message` with its parts, at most `most` in each multipart; an empty body gives an
/// empty part. Unknown multipart subtypes are read as mixed. Faults: malformed (no boundary, no
/// end, parts nested or many beyond reason).
Result<BodyPart> parse_body(const Message& message, std::size_t most = kMostParts);

}  // namespace herald::sip
