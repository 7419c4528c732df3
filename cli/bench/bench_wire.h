// cli/bench/bench_wire.h: SIP as the load generator reads and writes it: one pass over the lines,
// nothing allocated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herald::cli::bench {

/// What the generator wants of a NOTIFY, or of the 2xx to a SUBSCRIBE. Views into the message.
struct DialogHead {
    std::string_view from_tag;
    std::string_view to_tag;
    std::string_view contact;  ///< the URI of Contact
    std::string_view entity_tag;
    std::string_view body;
    std::uint32_t cseq = 0;
    bool is_terminated = false;  ///< Subscription-State says so
};

/// An answer under construction, reused for every request.
struct AnswerText {
    std::array<char, 4096> bytes;
    std::size_t size = 0;

    std::string_view text() const noexcept { return {bytes.data(), size}; }
};

/// Reads a request or response. nullopt: no end of the head, or lines without a colon.
std::optional<DialogHead> read_head(std::string_view message) noexcept;

/// As read_head(), and makes the 200 to the request from its Via, From, To, Call-ID and CSeq lines
/// (RFC 3261 8.2.6). nullopt also where those are more than an answer here can hold.
std::optional<DialogHead> answer_request(std::string_view request, AnswerText& answer) noexcept;

/// Turns the 200 into a 481: whoever asks for a dialog of an earlier run shall not ask again.
void deny(AnswerText& answer) noexcept;

/// The highest sequence number that marked() wrote into anything that `body` is composed of; 0
/// where there is none.
std::uint64_t highest_sequence(std::string_view body) noexcept;

/// `sequence` as highest_sequence() finds it: fit for a note, the user part of a URI, and a display
/// name.
std::string marked(std::uint64_t sequence);

/// A PIDF document (RFC 3863, 4479, 4480) with a tuple, a person, an activity and a note that holds
/// `sequence`, of about `size` bytes; each sequence number makes another document. Replaces `out`.
void write_document(std::string& out, std::string_view entity, std::uint64_t sequence,
                    std::size_t size);

/// The counters of a mailbox (RFC 3842): one new message or none, and the account to dial holds
/// `sequence`. Replaces `out`.
/// A call of `entity` in the `step`th state of those calls go through, four each.
void write_call(std::string& out, std::string_view entity, std::uint32_t step,
                std::uint64_t sequence);
void write_summary(std::string& out, std::string_view domain, std::uint64_t sequence,
                   bool is_waiting);

/// A request without the parts that are the same for all requests. Empty parts are left out.
struct RequestParts {
    std::string_view method;
    std::string_view request_uri;
    std::string_view transport = "UDP";
    std::string_view via;  ///< "127.0.0.1:5061;branch=z9hG4bK..."
    std::string_view from;
    std::string_view from_tag;
    std::string_view to;
    std::string_view to_tag;
    std::string_view call_id;
    std::uint32_t cseq = 0;
    std::string_view contact_name;  ///< display name in Contact
    std::string_view contact;
    std::string_view event;
    std::string_view entity_tag;     ///< SIP-If-Match
    std::string_view authorization;  ///< whole lines
    std::optional<std::uint32_t> expires;
    std::string_view body;
    std::string_view content_type = "application/pidf+xml";
};
/// Replaces `out`, whose room is used again.
void write_request(std::string& out, const RequestParts& parts);

}  // namespace herald::cli::bench
