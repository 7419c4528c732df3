// server/core/answers.h: refusals in SIP: the one table from Fault to status code, and the headers
// that some need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "packages/package.h"
#include "sip/answer.h"

namespace herald::server {

sip::Answer answer(int status, std::string_view reason = {});
/// 503 with a random Retry-After of 1 to 5 s, so that clients do not come back together.
sip::Answer unavailable(std::string_view reason);
/// Likewise with 480: one address has too much to do, while a proxy would take a 503 to be about
/// the whole server.
sip::Answer not_now(std::string_view reason);
sip::Answer method_not_allowed();  ///< 405 with Allow
sip::Answer bad_event();           ///< 489 with Allow-Events
sip::Answer interval_too_brief(std::uint32_t min_expires);
sip::Answer unsupported_media(const packages::Profile& profile);  ///< 415 with Accept
/// 200 with everything we can do (RFC 3261 11.2); `message_types` as in the configuration.
sip::Answer options_answer(const std::vector<std::string>& message_types);
/// Takes header lines off, the last ones first, until the answer is surely less than three times as
/// long as `request`: for who has not shown to be where that came from.
void shorten(sip::Answer& answer, const sip::Message& request);
/// The one table from Fault to SIP; details become reason phrases.
sip::Answer from_fault(const Fault& fault);

/// Header values of this build: only what is there.
std::string_view allowed_methods() noexcept;
const std::string& allowed_events();
/// The extensions: our Contacts are GRUUs (RFC 5627), the registrar's (RFC 3327, 5626).
std::string_view supported_tags() noexcept;
bool is_supported(std::string_view option_tag) noexcept;

}  // namespace herald::server
