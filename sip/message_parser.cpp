// sip/message_parser.cpp: one pass over start line, headers and body (RFC 3261 7, 18.3, 25).
#include "sip/message_parser.h"

#include <algorithm>

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/parts.h"
#include "sip/scan.h"

namespace herald::sip {
namespace {

using grammar::is_blank;

/// Indexes of fields are kept in a byte each.
constexpr std::size_t kMostFields = 254;
constexpr std::size_t kUsualFields = 32;

constexpr std::uint64_t bit(Header id) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

/// Headers that stand once, in any message. SIP-If-Match is the compositor's to check.
constexpr std::uint64_t kSingle = bit(Header::call_id) | bit(Header::cseq) | bit(Header::from) |
                                  bit(Header::to) | bit(Header::content_length) |
                                  bit(Header::content_type) | bit(Header::expires);
constexpr std::uint64_t kSingleInRequests = kSingle | bit(Header::max_forwards) |
                                            bit(Header::event) | bit(Header::subscription_state) |
                                            bit(Header::suppress_if_match);
/// What an answer is made from: kept even where there are too many headers.
constexpr std::uint64_t kNeeded = bit(Header::via) | bit(Header::call_id) | bit(Header::cseq) |
                                  bit(Header::from) | bit(Header::to);

const char* duplicate_reason(Header id) noexcept {
    switch (id) {
        case Header::call_id:
            return "Duplicate Call-ID";
        case Header::cseq:
            return "Duplicate CSeq";
        case Header::from:
            return "Duplicate From";
        case Header::to:
            return "Duplicate To";
        case Header::content_length:
            return "Duplicate Content-Length";
        case Header::content_type:
            return "Duplicate Content-Type";
        case Header::expires:
            return "Duplicate Expires";
        case Header::max_forwards:
            return "Duplicate Max-Forwards";
        case Header::event:
            return "Duplicate Event";
        case Header::subscription_state:
            return "Duplicate Subscription-State";
        default:
            return "Duplicate Suppress-If-Match";
    }
}

/// First CR or LF in [at, end), else `end`.
char* find_break(char* at, char* end) noexcept {
    return at + (scan::find_either(at, end, '\r', '\n') - at);
}

bool is_version(std::string_view text) noexcept {
    if (text.size() < 7 || !base::istarts_with(text, "SIP/")) return false;
    const base::Split part = base::split_once(text.substr(4), '.');
    const auto digits = [](std::string_view number) {
        return !number.empty() && std::all_of(number.begin(), number.end(), base::is_digit);
    };
    return part.found && digits(part.before) && digits(part.after);
}

}  // namespace

MessageParser::MessageParser(Message& message, std::span<char> bytes, Framing framing,
                             const ParseLimits& limits) noexcept
    : message_(message),
      at_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      framing_(framing),
      limits_(limits) {}

ParseOutcome MessageParser::run() {
    reset();
    while (at_ != end_ && (*at_ == '\r' || *at_ == '\n')) ++at_;
    if (at_ == end_) return dropped("Empty message");
    message_.bytes_ = {at_, static_cast<std::size_t>(end_ - at_)};
    // On a stream the head is bounded by `message`, the body by `body`; the framer counted both.
    const std::size_t most = limits_.message + (framing_ == Framing::stream ? limits_.body : 0);
    if (message_.bytes_.size() > most) fail(Error::too_large, 513, "Message too large");

    if (const char* reason = read_start_line()) return dropped(reason);
    single_ = message_.is_request() ? kSingleInRequests : kSingle;
    read_headers();
    if (message_.first_[static_cast<std::size_t>(Header::via)] == 0) return dropped("Missing Via");
    read_identity();
    read_body();

    if (outcome_.error == Error::none) return outcome_;
    if (!message_.is_request() || message_.via_.host.empty()) return dropped(outcome_.reason);
    return outcome_;
}

void MessageParser::reset() noexcept {
    std::vector<HeaderField> room = std::move(message_.fields_);
    message_ = Message();
    message_.fields_ = std::move(room);
    message_.fields_.clear();
    message_.branch_hash_ = 0;
}

void MessageParser::fail(Error error, int status, const char* reason) noexcept {
    if (outcome_.error != Error::none && outcome_.error <= error) return;
    outcome_ = {error, status, reason};
}

ParseOutcome MessageParser::dropped(const char* reason) const noexcept {
    return {Error::drop, 0, reason};
}

std::string_view MessageParser::take_line() noexcept {
    char* const start = at_;
    char* stop = find_break(at_, end_);
    while (stop != end_ && *stop == '\r' && (stop + 1 == end_ || stop[1] != '\n')) {
        *stop = ' ';
        stop = find_break(stop + 1, end_);
    }
    at_ = stop == end_ ? end_ : stop + (*stop == '\r' ? 2 : 1);
    return {start, static_cast<std::size_t>(stop - start)};
}

bool MessageParser::is_at_fold() const noexcept {
    if (at_ == end_) return false;
    // A CR that ends no line is a blank, at the start of a line too.
    return is_blank(*at_) || (*at_ == '\r' && (at_ + 1 == end_ || at_[1] != '\n'));
}

std::string_view MessageParser::take_folded_line() noexcept {
    std::string_view line = take_line();
    while (is_at_fold()) {
        for (char* c = at_; c[-1] == '\r' || c[-1] == '\n'; --c) c[-1] = ' ';
        take_line();
        const char* stop = at_;
        while (stop != line.data() && (stop[-1] == '\n' || stop[-1] == '\r')) --stop;
        line = {line.data(), static_cast<std::size_t>(stop - line.data())};
    }
    return line;
}

const char* MessageParser::read_start_line() {
    const char* const start = at_;
    const std::string_view line = grammar::trim(take_line());
    if (at_ == end_ && (at_ == start || at_[-1] != '\n')) return "Start line does not end";
    if (base::istarts_with(line, "SIP/")) return read_status_line(line);
    read_request_line(line);
    return nullptr;
}

const char* MessageParser::read_status_line(std::string_view line) noexcept {
    constexpr std::string_view kVersion = "SIP/2.0 ";
    if (!base::istarts_with(line, kVersion)) return "Version not supported";
    line.remove_prefix(kVersion.size());
    const std::string_view code = line.substr(0, scan::find(line, ' '));
    const std::optional<std::uint64_t> status = base::to_u64(code);
    if (code.size() != 3 || !status || *status < 100 || *status > 699) return "Bad status code";
    message_.status_ = static_cast<int>(*status);
    message_.reason_ = grammar::trim(line.substr(3));
    return nullptr;
}

void MessageParser::read_request_line(std::string_view line) {
    const std::size_t first = scan::find(line, ' ');
    const std::size_t last = line.rfind(' ');
    message_.method_text_ = line.substr(0, first);
    message_.method_ = method_of(message_.method_text_);
    if (message_.method_ == Method::unknown &&
        !grammar::all(message_.method_text_, grammar::kToken)) {
        malformed("Malformed method");
    }
    if (first == std::string_view::npos || first == last) {
        malformed("Malformed request line");
        return;
    }
    message_.request_uri_ = line.substr(first + 1, last - first - 1);
    check_version(line.substr(last + 1));
    check_request_uri();
}

void MessageParser::check_version(std::string_view version) noexcept {
    if (version == "SIP/2.0" || base::iequals(version, "SIP/2.0")) return;
    if (is_version(version)) {
        fail(Error::version, 505, "Version not supported");
    } else {
        malformed("Malformed request line");
    }
}

void MessageParser::check_request_uri() {
    const std::string_view text = message_.request_uri_;
    if (text.size() > limits_.request_uri) {
        fail(Error::uri_too_long, 414, "Request-URI too long");
        return;
    }
    const Result<Uri> uri = parse_uri(text);
    if (!uri) {
        malformed("Malformed Request-URI");
    } else if (!uri->headers.empty() &&
               (uri->scheme == Scheme::sip || uri->scheme == Scheme::sips)) {
        malformed("Request-URI with headers");
    }
}

void MessageParser::read_headers() {
    message_.fields_.reserve(kUsualFields);
    if (is_at_fold()) malformed("Folded start line");
    while (at_ != end_) {
        if (*at_ == '\n') {
            ++at_;
            return;
        }
        if (*at_ == '\r' && end_ - at_ > 1 && at_[1] == '\n') {
            at_ += 2;
            return;
        }
        read_header(take_folded_line());
    }
    malformed("Headers do not end");
}

void MessageParser::read_header(std::string_view line) {
    const std::size_t colon = scan::find(line, ':');
    // RFC 3261 8.2.2: what is no header is none that anybody needs.
    if (colon == scan::kNone) return;
    std::string_view name = line.substr(0, colon);
    while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
    const Header id = header_of(name);
    if (id == Header::other && !grammar::all(name, grammar::kToken)) return;
    keep(id, name, grammar::trim(line.substr(colon + 1)));
}

void MessageParser::keep(Header id, std::string_view name, std::string_view value) {
    std::uint8_t& first = message_.first_[static_cast<std::size_t>(id)];
    const bool is_long = value.size() > limits_.header_value;
    const bool is_second = first != 0 && (single_ & bit(id)) != 0;
    // An answer is good if it says whose it is.
    const bool is_needed = message_.is_request() || (kNeeded & bit(id)) != 0;
    if ((is_long || is_second) && !is_needed) return;
    if (is_long) malformed("Header too long");
    if (is_second) malformed(duplicate_reason(id));
    const std::size_t count = message_.fields_.size();
    if (count >= std::min(limits_.headers, kMostFields)) {
        malformed("Too many headers");
        if (count >= kMostFields || (kNeeded & bit(id)) == 0) return;
    }
    message_.fields_.push_back({id, name, value});
    if (first == 0) first = static_cast<std::uint8_t>(count + 1);
}

void MessageParser::read_identity() {
    if (const char* fault = read_via(*message_.header(Header::via), message_.via_))
        malformed(fault);

    const auto call_id = message_.header(Header::call_id);
    message_.call_id_ = call_id.value_or(std::string_view());
    if (message_.call_id_.empty()) {
        malformed(call_id ? "Empty Call-ID" : "Missing Call-ID");
    } else if (scan::find_if(message_.call_id_, is_blank) != scan::kNone) {
        malformed("Malformed Call-ID");
    }
    if (const auto value = message_.header(Header::cseq)) {
        read_cseq(*value);
    } else {
        malformed("Missing CSeq");
    }
    if (const auto value = message_.header(Header::from)) {
        message_.from_ = *value;
        message_.from_tag_ = read_tag(*value);
    } else {
        malformed("Missing From");
    }
    if (const auto value = message_.header(Header::to)) {
        message_.to_ = *value;
        message_.to_tag_ = read_tag(*value);
    } else {
        malformed("Missing To");
    }
}

void MessageParser::read_cseq(std::string_view value) noexcept {
    std::size_t end = 0;
    while (end < value.size() && base::is_digit(value[end])) ++end;
    const std::string_view method = grammar::trim(value.substr(end));
    const bool is_apart = end < value.size() && is_blank(value[end]);
    if (end == 0 || !is_apart || !grammar::all(method, grammar::kToken)) {
        return malformed("Malformed CSeq");
    }
    const std::optional<std::uint64_t> number = base::to_u64(value.substr(0, end));
    if (!number || *number > UINT32_MAX) return malformed("CSeq out of range");
    message_.cseq_ = static_cast<std::uint32_t>(*number);

    if (!message_.is_request()) {
        message_.method_text_ = method;
        message_.method_ = method_of(method);
    } else if (method != message_.method_text_ && message_.method_ != Method::unknown) {
        // A method nobody knows is better told so (501) than that its CSeq is odd.
        malformed("CSeq method differs from request");
    }
}

std::string_view MessageParser::read_tag(std::string_view value) noexcept {
    NameAddress address;
    if (const char* fault = read_name_address(value, address)) malformed(fault);
    std::string_view rest = address.parameters;
    std::string_view tag;
    ParameterNames names;
    while (const std::optional<Parameter> parameter = next_parameter(rest)) {
        if (const char* fault = names.add(parameter->name)) {
            malformed(fault);
            break;
        }
        if (!base::iequals(parameter->name, "tag")) continue;
        tag = parameter->value;
        if (!grammar::all(tag, grammar::kToken)) malformed("Malformed tag");
    }
    if (!rest.empty()) malformed("Malformed parameter");
    return tag;
}

void MessageParser::read_body() noexcept {
    const auto available = static_cast<std::size_t>(end_ - at_);
    std::size_t size = available;
    if (const auto value = message_.header(Header::content_length)) {
        const std::optional<std::uint32_t> length = base::to_u32_clamped(*value);
        if (!length) {
            malformed("Malformed Content-Length");
        } else if (*length > available) {
            malformed("Content-Length beyond the message");
        } else {
            size = *length;
        }
    } else if (framing_ == Framing::stream) {
        malformed("Missing Content-Length");
    }
    if (size > limits_.body) fail(Error::body_too_large, 413, "Body too large");
    message_.body_ = {at_, size};
    const char* const start = message_.bytes_.data();
    message_.bytes_ = {start, static_cast<std::size_t>(at_ + size - start)};
}

ParseOutcome parse_into(Message& message, std::span<char> bytes, Framing framing,
                        const ParseLimits& limits) {
    return MessageParser(message, bytes, framing, limits).run();
}

ParseResult parse(std::span<char> bytes, Framing framing, const ParseLimits& limits) {
    ParseResult result;
    static_cast<ParseOutcome&>(result) = parse_into(result.message, bytes, framing, limits);
    return result;
}

}  // namespace herald::sip
