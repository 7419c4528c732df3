// http/head.h: the head of a request, read so that nobody before or behind us can read it otherwise
// (RFC 9112 2 to 6).
//
// What the RFC lets a recipient repair is refused: bare LF, folded lines, blanks before a colon, a
// second length, a transfer coding that is not "chunked" to the letter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/exchange.h"

namespace herald::http {

struct HeadLimits {
    static constexpr std::size_t kBytes = 32 << 10;  ///< all of it, the blank line included
    static constexpr std::size_t kTarget = 16 << 10;
    static constexpr std::size_t kLine = 8 << 10;
    static constexpr std::size_t kFields = 100;
};

enum class Framing : std::uint8_t { none, length, chunks };

struct Head {
    Request request;
    Framing framing = Framing::none;
    std::uint64_t length = 0;  ///< of the body, with Framing::length
    bool is_http10 = false;
    bool is_spoken = true;    ///< false: another version, of which only the first line was read
    bool keeps_alive = true;  ///< the peer means to send another request
    bool wants_invitation = false;  ///< Expect: 100-continue

    bool has_body() const noexcept {
        return framing == Framing::chunks || (framing == Framing::length && length > 0);
    }
};

/// Reads a whole head, the blank line at its end included. Faults: malformed.
Result<Head> parse_head(std::string_view bytes);

/// The host of a Host header (RFC 9112 3.2), lower case, IPv6 in brackets; nullopt where it is
/// none.
std::optional<std::string> host_of(std::string_view value);

/// A field line without its CRLF (RFC 9112 5); nullopt where it is none.
struct FieldLine {
    std::string_view name, value;
};
std::optional<FieldLine> parse_field_line(std::string_view line) noexcept;

/// RFC 9110 5.6.2
bool is_token(std::string_view text) noexcept;

}  // namespace herald::http
