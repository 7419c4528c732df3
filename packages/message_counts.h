// packages/message_counts.h: the counters of a mailbox and their body (RFC 3842 5.2).
//
//   Messages-Waiting: yes
//   Message-Account: sip:alice@example.com
//   Voice-Message: 2/8 (0/2)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace herald::packages {

/// The media type of these bodies.
inline constexpr std::string_view kSimpleMessageSummary = "application/simple-message-summary";

/// The classes of RFC 3458, in the order they are written.
enum class MessageClass : std::uint8_t { voice, video, fax, pager, multimedia, text, none };
inline constexpr std::size_t kMessageClasses = 7;

/// As written in a body: "Voice-Message".
std::string_view name_of(MessageClass message_class) noexcept;
/// Without regard to case; nullopt for a class RFC 3842 does not have.
std::optional<MessageClass> message_class(std::string_view name) noexcept;

struct MessageCount {
    std::uint32_t fresh = 0;  ///< "new" in the RFC
    std::uint32_t old = 0;
    std::uint32_t urgent_fresh = 0;
    std::uint32_t urgent_old = 0;
    friend bool operator==(const MessageCount&, const MessageCount&) = default;
};

/// What is waiting in a mailbox.
struct MessageCounts {
    /// As stated by the publisher; without, it is yes where a class has a new message.
    std::optional<bool> waiting;
    std::string account;  ///< URI to dial, without angle brackets; empty for the mailbox itself
    std::array<std::optional<MessageCount>, kMessageClasses> classes;
    /// Classes the RFC does not have, by name as published.
    std::vector<std::pair<std::string, MessageCount>> other_classes;
    /// Other header lines before the first blank line, name and value.
    std::vector<std::pair<std::string, std::string>> other_headers;

    std::optional<MessageCount>& operator[](MessageClass of) {
        return classes[static_cast<std::size_t>(of)];
    }
    const std::optional<MessageCount>& operator[](MessageClass of) const {
        return classes[static_cast<std::size_t>(of)];
    }
    friend bool operator==(const MessageCounts&, const MessageCounts&) = default;
};

bool is_waiting(const MessageCounts& counts) noexcept;

/// Adds class by class, up to 2^32-1. Waiting if either is; account and other headers of `sum` win.
void add(MessageCounts& sum, const MessageCounts& more);

/// The whole body, each line ended by CRLF. `mailbox` is the Message-Account where counts has none
/// (empty: then there is no such line); a mailbox of which nothing is known shows no voice
/// messages.
std::string to_body(const MessageCounts& counts, std::string_view mailbox);

/// Reads a published body: names in any case, folded lines, LF only, blanks anywhere, a missing
/// last line end, counts above 2^32-1 (clamped). Headers of single messages, after the first blank
/// line, are dropped: no synchronising NOTIFY may carry them (RFC 3842 3.5). Faults: malformed,
/// "line L: why".
Result<MessageCounts> parse_message_summary(std::string_view body);

}  // namespace herald::packages
