// http/response.h: an Answer as the bytes that are sent (RFC 9112 4).
#pragma once

#include <cstdint>
#include <string>

#include "http/exchange.h"

namespace herald::http {

struct ResponseStyle {
    bool is_http10 = false;
    bool has_body = true;    ///< false for HEAD
    bool is_last = false;    ///< the connection ends behind it
    std::uint32_t hsts = 0;  ///< seconds for which browsers stay with HTTPS (RFC 6797); 0: not said
};

std::string response_text(const Answer& answer, const ResponseStyle& style);

}  // namespace herald::http
