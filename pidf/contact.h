// pidf/contact.h: when two contacts, or two device ids, mean the same.
#pragma once

#include <string>
#include <string_view>

namespace herald::pidf {

/// A spelling that equivalent URIs share (RFC 3261 19.1.4): scheme, host and parameters in lower
/// case, parameters in order, needless escapes undone, the visual separators of tel: gone.
/// Parameters are all compared, since "ignored where only one has it" is no equivalence. A contact
/// escaped as a whole (sip%3Aalice%40example.com) is undone first. Anything else comes back as it
/// is.
std::string normalised_contact(std::string_view contact);

/// A device id (RFC 4479 3.4) with the parts that compare without case in lower case.
std::string normalised_device_id(std::string_view urn);

}  // namespace herald::pidf
