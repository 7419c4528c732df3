// pidf/idna.h: domain names that people write in their own letters, as DNS and SIP have them.
#pragma once

#include <string>
#include <string_view>

namespace herald::pidf {

/// The ASCII form of a domain (RFC 5891 5; mapped as UTS 46 has it), lower case:
/// "xn--bcher-kva.example" of "Bücher.example". Empty for what has none.
std::string to_ascii(std::string_view domain);
/// A SIP URI with its domain in that form, for one whose domain is no SIP host as it is written.
/// Empty for what is none.
std::string ascii_uri(std::string_view uri);

}  // namespace herald::pidf
