// sip/message.h: one SIP message: parsed in one pass, in place; header values are views (RFC 3261
// 7, 25).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::sip {

enum class Method : std::uint8_t {
    unknown,
    subscribe,
    notify,
    publish,
    register_,
    message,
    options,
    invite,
    ack,
    cancel,
    bye,
    refer,
    info,
    update,
    prack,
};
/// Case-sensitive (RFC 3261 7.1).
Method method_of(std::string_view token) noexcept;
std::string_view name_of(Method method) noexcept;

/// Headers somebody here reads. Everything else is `other` and found by name.
enum class Header : std::uint8_t {
    other,
    accept,
    accept_encoding,
    allow,
    allow_events,
    authentication_info,
    authorization,
    call_id,
    call_info,
    contact,
    content_disposition,
    content_encoding,
    content_length,
    content_type,
    cseq,
    date,
    event,
    expires,
    from,
    max_forwards,
    min_expires,
    p_asserted_identity,
    path,
    proxy_authenticate,
    proxy_authorization,
    proxy_require,
    record_route,
    require,
    retry_after,
    route,
    server,
    sip_etag,
    sip_if_match,
    subscription_state,
    suppress_if_match,
    supported,
    timestamp,
    to,
    unsupported,
    user_agent,
    via,
    warning,
    www_authenticate,
};
/// Long and compact names, any case (RFC 3261 7.3.3).
Header header_of(std::string_view name) noexcept;
/// Canonical long name; empty for `other`.
std::string_view name_of(Header header) noexcept;

/// Bounds on input. Sizes in bytes.
struct ParseLimits {
    std::size_t message = 65535;      ///< a datagram, or the head on a stream; beyond: 513
    std::size_t headers = 128;        ///< beyond: 400; never more than 254
    std::size_t header_value = 8192;  ///< beyond: 400
    std::size_t request_uri = 1024;   ///< beyond: 414
    std::size_t body = 262144;        ///< beyond: 413
};

struct HeaderField {
    Header id;
    std::string_view name;   ///< as written
    std::string_view value;  ///< trimmed; folds are blanks
};

/// The parts of the topmost Via every layer asks for (RFC 3261 20.42, 3581).
struct Via {
    std::string_view text;       ///< this one Via value, whole
    std::string_view transport;  ///< as written
    std::string_view host;       ///< IPv6 without brackets
    std::uint16_t port = 0;      ///< 0: none
    std::string_view branch;
    std::string_view received;
    std::string_view maddr;
    std::string_view rport_text;  ///< the whole rport parameter as written; empty: none
    bool has_rport = false;
    bool has_received = false;  ///< `received` may be empty all the same
    std::uint16_t rport = 0;    ///< 0: no value yet
};

/// Where a message came from decides how it is framed (RFC 3261 18.3).
enum class Framing : std::uint8_t { datagram, stream };

class Message;
struct ParseOutcome;
struct ParseResult;
/// Parses the one message in `bytes`, in place: folds and lone CRs become blanks, so no header
/// value holds CR or LF; the message's views point into `bytes`. Leading CRLFs are skipped, lines
/// may end with LF alone.
ParseResult parse(std::span<char> bytes, Framing framing, const ParseLimits& limits = {});
/// As parse(), into a message used before: its room is used again, nothing is allocated once that
/// is large enough.
ParseOutcome parse_into(Message& message, std::span<char> bytes, Framing framing,
                        const ParseLimits& limits = {});

/// A message as read. Views stay valid as long as the buffer given to parse(), or the owner from
/// OwnedMessage.
class Message {
public:
    bool is_request() const noexcept { return status_ == 0; }
    Method method() const noexcept { return method_; }  ///< of the request, or of a response's CSeq
    std::string_view method_text() const noexcept { return method_text_; }
    std::string_view request_uri() const noexcept { return request_uri_; }
    int status() const noexcept { return status_; }  ///< 0 for a request
    std::string_view reason() const noexcept { return reason_; }

    std::span<const HeaderField> fields() const noexcept { return fields_; }
    /// Value of the first field of this name, nullopt where there is none.
    std::optional<std::string_view> header(Header id) const noexcept;
    std::optional<std::string_view> header(std::string_view name) const noexcept;
    std::size_t count(Header id) const noexcept;
    /// Every value of a list header over all its rows, commas split outside quotes and <> (RFC
    /// 3261 7.3.1).
    std::vector<std::string_view> list(Header id) const;

    std::string_view body() const noexcept { return body_; }
    /// The message as received, start line to the end of the body.
    std::string_view bytes() const noexcept { return bytes_; }

    const Via& via() const noexcept { return via_; }
    std::string_view call_id() const noexcept { return call_id_; }
    std::uint32_t cseq() const noexcept { return cseq_; }
    std::string_view from() const noexcept { return from_; }  ///< whole value
    std::string_view to() const noexcept { return to_; }
    std::string_view from_tag() const noexcept { return from_tag_; }
    std::string_view to_tag() const noexcept { return to_tag_; }  ///< empty: none

private:
    friend class MessageParser;
    friend class OwnedMessage;
    friend class RequestHasher;

    void rebase(const char* from, const char* to) noexcept;

    int status_ = 0;
    Method method_ = Method::unknown;
    std::uint32_t cseq_ = 0;
    std::string_view bytes_, method_text_, request_uri_, reason_, body_;
    std::string_view call_id_, from_, to_, from_tag_, to_tag_;
    Via via_;
    std::vector<HeaderField> fields_;
    std::array<std::uint8_t, 48> first_{};   ///< index + 1 of the first field of each Header
    mutable std::uint64_t branch_hash_ = 0;  ///< once it was asked for
};

/// Takes the next value of a list header off `rest` (RFC 3261 7.3.1): commas inside quotes or <> do
/// not part, empty values are passed over. nullopt at the end.
std::optional<std::string_view> next_list_value(std::string_view& rest) noexcept;

/// What became of the input. Any `error` but `none` and `drop` can be answered with `answer_status`
/// from the message, whose Via, From, To, Call-ID and CSeq are then readable.
struct ParseOutcome {
    enum class Error : std::uint8_t {
        none,
        malformed,
        too_large,
        body_too_large,
        uri_too_long,
        version,
        drop
    };
    Error error = Error::none;
    int answer_status = 0;  ///< 400, 413, 414, 505, 513; 0 for none and drop
    const char* reason =
        "";  ///< names the fault; static text, fit for a reason phrase and a metric label
};
struct ParseResult : ParseOutcome {
    Message message;
};

/// A message with its own copy of the bytes.
class OwnedMessage {
public:
    explicit OwnedMessage(const Message& message);
    OwnedMessage(const OwnedMessage&) = delete;
    OwnedMessage& operator=(const OwnedMessage&) = delete;
    const Message& operator*() const noexcept { return message_; }
    const Message* operator->() const noexcept { return &message_; }

private:
    std::string storage_;
    Message message_;
};

/// The fields of a response the transaction layer needs, found without a full parse: the short way
/// for the 2xx to a NOTIFY. nullopt: not a response this can be read from; use parse().
struct ResponseHead {
    int status;
    std::string_view branch;  ///< of the top Via
    std::uint32_t cseq;
    Method method;
    bool has_contact;  ///< a target refresh: read the whole message
};
std::optional<ResponseHead> peek_response(std::string_view bytes) noexcept;

}  // namespace herald::sip
