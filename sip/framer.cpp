// sip/framer.cpp: finds where each message of a stream ends, from blank line and Content-Length.
#include "sip/framer.h"

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/scan.h"

namespace herald::sip {
namespace {

/// Room an idle stream keeps.
constexpr std::size_t kKeptRoom = 1024;

bool is_break(char c) noexcept {
    return c == '\r' || c == '\n';
}

/// What the headers say of the body's size.
struct Length {
    std::optional<std::uint32_t> octets;
    const char* fault = nullptr;
};

/// Takes the first line, with the lines folded into it, off `rest`; line ends stay in it.
std::string_view take_line(std::string_view& rest) noexcept {
    std::size_t end = 0;
    do {
        const std::size_t found = scan::find(rest.substr(end), '\n');
        end = found == scan::kNone ? rest.size() : end + found + 1;
    } while (end < rest.size() && grammar::is_blank(rest[end]));
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    return line;
}

/// Text of Content-Length if `line` is one.
std::optional<std::string_view> length_text(std::string_view line) noexcept {
    const char first = base::to_lower(line.front());
    if (first != 'c' && first != 'l') return std::nullopt;
    const base::Split part = base::split_once(line, ':');
    if (!part.found || header_of(base::trim(part.before)) != Header::content_length) {
        return std::nullopt;
    }
    return base::trim(part.after);
}

/// The same number twice is a fault of the message, two numbers are one of the stream.
Length find_length(std::string_view headers) noexcept {
    take_line(headers);
    Length length;
    while (!headers.empty()) {
        const std::optional<std::string_view> text = length_text(take_line(headers));
        if (!text) continue;
        const std::optional<std::uint32_t> octets = base::to_u32_clamped(*text);
        if (!octets) return {std::nullopt, "Malformed Content-Length"};
        if (length.octets && *length.octets != *octets) {
            return {std::nullopt, "Conflicting Content-Length"};
        }
        length.octets = octets;
    }
    if (!length.octets) length.fault = "Missing Content-Length";
    return length;
}

}  // namespace

void Framer::append(std::string_view bytes) {
    if (state_ == State::unframeable) return;
    if (begin_ != 0) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    buffer_.append(bytes);
}

std::optional<StreamEvent> Framer::next() {
    if (state_ == State::between) {
        if (auto event = read_between()) return event;
    }
    if (state_ == State::headers) {
        if (auto event = read_headers()) return event;
    }
    if (state_ == State::body) return read_body();
    return std::nullopt;
}

void Framer::consume(std::size_t size) noexcept {
    begin_ += size;
    scanned_ = 0;
    size_ = 0;
}

void Framer::release() noexcept {
    begin_ = 0;
    buffer_.clear();
    if (buffer_.capacity() > kKeptRoom) std::string().swap(buffer_);
}

std::optional<StreamEvent> Framer::read_between() {
    for (;;) {
        const std::span<char> rest = pending();
        if (rest.empty()) {
            release();
            return std::nullopt;
        }
        if (!is_break(rest[0])) break;
        const std::string_view text(rest.data(), rest.size());
        const std::string_view start = text.substr(0, 4);
        if (start == "\r\n\r\n") {
            consume(4);
            return StreamEvent{StreamEvent::Kind::ping, rest.first(4)};
        }
        // So far there may be only half a ping.
        if (std::string_view("\r\n\r\n").substr(0, start.size()) == start) return std::nullopt;
        consume(1);
    }
    state_ = State::headers;
    return std::nullopt;
}

std::optional<StreamEvent> Framer::read_headers() {
    const std::span<char> rest = pending();
    // Do not wait for the rest of TLS or another protocol on this port.
    if (!grammar::is(rest[0], grammar::kToken)) {
        return unframeable(ParseOutcome::Error::malformed, "Not a SIP message");
    }
    while (scanned_ < rest.size()) {
        const char* const end = rest.data() + rest.size();
        const char* const found = scan::find_char(rest.data() + scanned_, end, '\n');
        scanned_ = static_cast<std::size_t>(found - rest.data());
        if (found == end) break;
        const std::string_view after(rest.data() + scanned_ + 1, rest.size() - scanned_ - 1);
        const bool is_lf = after.substr(0, 1) == "\n";
        if (is_lf || after.substr(0, 2) == "\r\n") {
            size_ = scanned_ + (is_lf ? 2 : 3);
            return read_length();
        }
        if (after.empty() || after == "\r") break;
        ++scanned_;
    }
    if (rest.size() > limits_.message) {
        return unframeable(ParseOutcome::Error::too_large, "Message too large");
    }
    return std::nullopt;
}

std::optional<StreamEvent> Framer::read_length() {
    const Length length = find_length({pending().data(), size_});
    if (length.fault != nullptr) return unframeable(ParseOutcome::Error::malformed, length.fault);
    const std::size_t octets = *length.octets;
    if (octets > limits_.body) {
        return unframeable(ParseOutcome::Error::body_too_large, "Body too large");
    }
    if (size_ > limits_.message) {
        return unframeable(ParseOutcome::Error::too_large, "Message too large");
    }
    size_ += octets;
    state_ = State::body;
    return std::nullopt;
}

std::optional<StreamEvent> Framer::read_body() {
    const std::span<char> rest = pending();
    if (rest.size() < size_) return std::nullopt;
    const StreamEvent event{StreamEvent::Kind::message, rest.first(size_)};
    consume(size_);
    state_ = State::between;
    return event;
}

StreamEvent Framer::unframeable(ParseOutcome::Error why, const char* reason) noexcept {
    state_ = State::unframeable;
    return {StreamEvent::Kind::unframeable, pending().first(size_ != 0 ? size_ : buffered()), why,
            reason};
}

}  // namespace herald::sip
