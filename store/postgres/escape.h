// store/postgres/escape.h: any bytes as text that PostgreSQL takes.
//
// Its text is UTF-8 without the byte 0, and who sends SIP may write anything. A byte that does not
// fit in is written as 1A and two hexadecimal digits, and so is the byte 1A itself.
#pragma once

#include <string>
#include <string_view>

namespace herald::store {

/// Whether `text` must be escaped: hardly ever.
bool needs_escape(std::string_view text);
std::string escaped(std::string_view text);
/// Into `to`, whose memory is used again.
void unescape(std::string_view text, std::string& to);

}  // namespace herald::store
