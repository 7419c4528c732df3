// sip/message_parser.h: reads one message into a Message; the way parse() goes.
#pragma once

#include <span>
#include <string_view>

#include "sip/message.h"

namespace herald::sip {

class MessageParser {
public:
    MessageParser(Message& message, std::span<char> bytes, Framing framing,
                  const ParseLimits& limits) noexcept;
    ParseOutcome run();

private:
    using Error = ParseOutcome::Error;

    void reset() noexcept;
    /// Keeps the graver fault: the order of Error is the order of checks.
    void fail(Error error, int status, const char* reason) noexcept;
    void malformed(const char* reason) noexcept { fail(Error::malformed, 400, reason); }
    ParseOutcome dropped(const char* reason) const noexcept;

    /// The line at the cursor without its end, which the cursor passes; lone CRs in it become
    /// blanks.
    std::string_view take_line() noexcept;
    /// The cursor is at the start of a line that goes on with the one before.
    bool is_at_fold() const noexcept;
    /// As take_line(), with the lines folded into it.
    std::string_view take_folded_line() noexcept;

    const char* read_start_line();
    const char* read_status_line(std::string_view line) noexcept;
    void read_request_line(std::string_view line);
    void check_request_uri();
    void check_version(std::string_view version) noexcept;
    void read_headers();
    void read_header(std::string_view line);
    void keep(Header id, std::string_view name, std::string_view value);

    void read_identity();
    void read_cseq(std::string_view value) noexcept;
    std::string_view read_tag(std::string_view value) noexcept;
    void read_body() noexcept;

    Message& message_;
    char* at_;
    char* end_;
    const Framing framing_;
    const ParseLimits& limits_;
    ParseOutcome outcome_;
    std::uint64_t single_ = 0;  ///< bit per Header that may stand once only
};

}  // namespace herald::sip
