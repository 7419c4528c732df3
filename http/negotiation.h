// http/negotiation.h: which of two forms of a resource a request asks for (RFC 9110 12.5.1).
#pragma once

#include <string>
#include <string_view>

namespace herald::http {

/// The media type of a Content-Type, in lower case and without parameters.
std::string media_type(std::string_view content_type);

/// Whether `accept` wants `type` rather than `usual`, which is given where it says nothing of
/// either.
bool prefers(std::string_view accept, std::string_view type, std::string_view usual);

}  // namespace herald::http
