// http/response.h: an Answer as the bytes that are sent (RFC 9112 4).
#pragma once

#include <string>

#include "http/exchange.h"

namespace herald::http {

struct ResponseStyle {
    bool is_http10 = false;
    bool has_body = true;  ///< false for HEAD
    bool is_last = false;  ///< the connection ends behind it
};

std::string response_text(const Answer& answer, const ResponseStyle& style);

}  // namespace herald::http
