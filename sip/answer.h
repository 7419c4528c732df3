// sip/answer.h: a response as its author thinks of it; the request supplies the rest (RFC
// 3261 8.2.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sip/endpoint.h"
#include "sip/message.h"

namespace herald::sip {

/// What a UAS says. Via, From, To, Call-ID and CSeq come from the request; Content-Length is always
/// written.
struct Answer {
    int status = 200;
    std::string reason;  ///< empty: the standard phrase
    std::string to_tag;  ///< put on a To without tag; empty: one derived from the request, the same
                         ///< for each copy of it
    bool is_tagless = false;  ///< a To without tag stays as it is: who answered gave none
    std::optional<std::uint32_t> expires;
    std::optional<std::uint32_t> min_expires;
    std::optional<std::uint32_t> retry_after;
    std::string entity_tag;          ///< SIP-ETag
    bool with_contact = false;       ///< our Contact for the listener the request came in by
    bool with_record_route = false;  ///< copied from the request (dialog-forming 2xx)
    std::string headers;             ///< further complete header lines, each ended by CRLF
    std::string content_type;
    std::string body;
    /// Time since the request came: added to its Timestamp, which a 100 echoes (RFC 3261 8.2.6.1).
    base::Duration delay{};
};

/// Standard reason phrase of `status`; "Unknown" for none.
std::string_view reason_phrase(int status) noexcept;

/// Appends the Vias of `request`, which came from `source`, as answers and relayed copies carry
/// them: received and rport of the topmost one filled in (RFC 3261 18.2.1, RFC 3581 4).
void append_vias(std::string& out, const Message& request, const Endpoint& source);

/// Appends the response to `request` as it goes on the wire. `source` fills received and rport of
/// the top Via (RFC 3581 4, RFC 3261 18.2.1); `contact` is the full Contact value, used where the
/// answer wants one; `derived_tag` goes on To where neither the request nor the answer has a tag
/// (not on a 100).
void append_response(std::string& out, const Message& request, const Endpoint& source,
                     const Answer& answer, std::string_view contact, std::string_view derived_tag);

}  // namespace herald::sip
