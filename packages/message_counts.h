// packages/message_counts.h: the counters of a mailbox and their body (RFC 3842 5.2).
//
//   Messages-Waiting: yes
//   Message-Account: sip:alice@example.com
//   Voice-Message: 2/8 (0/2)
//
//   Message-ID: <1@example.com>       the headers of single messages, a blank line between messages
//   From: sip:bob@example.com
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
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

/// One message by its headers (RFC 3842 3.5).
struct ListedMessage {
    /// Name and value, at least one; a value is one line.
    std::vector<std::pair<std::string, std::string>> headers;
    /// Hash of its Message-ID, without one of all its headers.
    std::uint64_t id = 0;
    /// Resource::version that it came with; 0: it was there before this server was.
    std::uint64_t since = 0;
    friend bool operator==(const ListedMessage&, const ListedMessage&) = default;
};
/// From its headers.
std::uint64_t identity_of(const ListedMessage& message) noexcept;

/// Most that one publication, and one NOTIFY, may list; if there is more, the last messages count.
/// Bytes are those of header names and values.
inline constexpr std::size_t kMaxMessages = 64;
inline constexpr std::size_t kMaxMessageBytes = 8192;
/// Headers of one message; more are malformed.
inline constexpr std::size_t kMaxMessageHeaders = 64;
/// Drops messages from the front until the rest is within those limits.
void keep_latest(std::vector<ListedMessage>& messages);

/// Whether a name and a value fit into one line of a body and cannot begin another.
bool is_header(std::string_view name, std::string_view value) noexcept;

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
    /// The latest messages, where they are listed; each is there once.
    std::vector<ListedMessage> messages;

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
/// Lists of messages are not added.
void add(MessageCounts& sum, const MessageCounts& more);

/// The whole body, each line ended by CRLF. `mailbox` is the Message-Account where counts has none
/// (empty: then there is no such line); a mailbox of which nothing is known shows no voice
/// messages. All headers of all messages are listed.
std::string to_body(const MessageCounts& counts, std::string_view mailbox);
/// Appends messages to a body, a blank line before each; of their headers only those with one of
/// these names, in any case.
void append_messages(std::string& body, std::span<const ListedMessage> messages,
                     std::span<const std::string> names);
/// Whether append_messages() would write anything of it.
bool has_any_of(const ListedMessage& message, std::span<const std::string> names) noexcept;

/// What to do with the headers of single messages, which follow the first blank line of a body.
enum class MessageList : std::uint8_t { dropped, kept };

/// Reads a published body: names in any case, folded lines, LF only, blanks anywhere, a missing
/// last line end, counts above 2^32-1 (clamped). Headers that are dropped are not checked either.
/// Faults: malformed, "line L: why".
Result<MessageCounts> parse_message_summary(std::string_view body,
                                            MessageList listing = MessageList::dropped);

/// `body`, with the messages that only `earlier` lists in front of its own: for a source that lists
/// each message once. Both bodies must be readable.
std::string with_earlier_messages(std::string_view body, std::string_view earlier);

}  // namespace herald::packages
