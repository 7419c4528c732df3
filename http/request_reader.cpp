// http/request_reader.cpp: where heads, bodies and chunks end (RFC 9112 2.2, 6, 7.1).
#include "http/request_reader.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "base/text.h"

namespace herald::http {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
/// Of the line before a chunk, its extensions included.
constexpr std::size_t kLongestChunkLine = 256;
constexpr std::size_t kMostSizeDigits = 15;

/// RFC 9112 7.1: hex digits, perhaps extensions, and nothing between them.
std::optional<std::uint64_t> chunk_size(std::string_view line) noexcept {
    const auto digits = line.substr(0, line.find(';'));
    if (digits.empty() || digits.size() > kMostSizeDigits) return std::nullopt;
    std::uint64_t size = 0;
    for (const char c : digits) {
        const int digit = base::hex_value(c);
        if (digit < 0) return std::nullopt;
        size = size * 16 + static_cast<std::uint64_t>(digit);
    }
    const auto is_sound = [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7F); };
    if (!std::all_of(line.begin(), line.end(), is_sound)) return std::nullopt;
    return size;
}

/// A line feed in `text`, from `begin` on, that no carriage return precedes.
bool has_bare_feed(std::string_view text, std::size_t begin) noexcept {
    for (auto at = text.find('\n', begin); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        if (at == 0 || text[at - 1] != '\r') return true;
    }
    return false;
}

}  // namespace

void RequestReader::feed(std::string_view bytes) {
    in_ += bytes;
    read();
}

void RequestReader::end() {
    if (stage_ == Stage::head && !in_.empty())
        refuse(FaultKind::malformed, "The request ended within its head.");
    if (stage_ == Stage::body) {
        refuse(FaultKind::malformed, "The body ended after " + std::to_string(body_.size()) +
                                         " bytes, before its Content-Length.");
    }
}

void RequestReader::want_body() {
    assert(stage_ == Stage::decided);
    stage_ = Stage::body;
    chunk_ = Chunk::size;
    left_ = head_.length;
    if (head_.framing == Framing::length && left_ > max_body_) return refuse_too_large();
    read();
}

void RequestReader::next() {
    stage_ = Stage::head;
    head_ = {};
    has_head_ = false;
    body_.clear();
    searched_ = 0;
    forgave_ = false;
    if (in_.empty()) std::string().swap(in_);
    read();
}

/// What was read is dropped once, at the end: many small chunks cost no more than one.
void RequestReader::read() {
    if (stage_ == Stage::head) read_head();
    if (stage_ == Stage::body) read_body();
    in_.erase(0, at_);
    at_ = 0;
}

std::string_view RequestReader::rest() const noexcept {
    return std::string_view(in_).substr(at_);
}

/// RFC 9112 2.2: one empty line before a request is forgiven.
void RequestReader::forgive_empty_line() {
    if (forgave_ || rest().substr(0, kLineEnd.size()) != kLineEnd) return;
    at_ += kLineEnd.size();
    forgave_ = true;
}

void RequestReader::read_head() {
    forgive_empty_line();
    const std::string_view all = rest();
    if (all.empty() || (!forgave_ && all == "\r")) return;
    const auto end = all.find(kHeadEnd, searched_);
    const std::size_t size = end == std::string_view::npos ? all.size() : end + kHeadEnd.size();
    if (size > HeadLimits::kBytes)
        return refuse(FaultKind::malformed, "The head is longer than 32 KiB.");
    if (!is_token(all.substr(0, 1)) || has_bare_feed(all.substr(0, size), searched_)) {
        return refuse(FaultKind::malformed,
                      "This is no HTTP: expected a request line and headers, each ended by CR LF.");
    }
    searched_ = size < kHeadEnd.size() ? 0 : size - kHeadEnd.size() + 1;
    if (end == std::string_view::npos) return;
    auto head = parse_head(all.substr(0, size));
    if (!head) return refuse(head.fault().kind, head.fault().detail);
    at_ += size;
    head_ = *std::move(head);
    head_.request.certificate = certificate_;
    head_.request.peer = peer_;
    has_head_ = true;
    stage_ = Stage::decided;
}

void RequestReader::read_body() {
    if (head_.framing == Framing::chunks) {
        while (stage_ == Stage::body && read_chunk()) {
        }
        return;
    }
    take(left_);
    if (left_ == 0) stage_ = Stage::complete;
}

/// Moves up to `most` bytes from the input to the body.
void RequestReader::take(std::uint64_t most) {
    const std::string_view bytes = rest().substr(0, static_cast<std::size_t>(most));
    body_ += bytes;
    at_ += bytes.size();
    left_ -= bytes.size();
}

/// False where more must come first.
bool RequestReader::read_chunk() {
    switch (chunk_) {
        case Chunk::size:
            return read_chunk_size();
        case Chunk::data:
            take(left_);
            if (left_ == 0) chunk_ = Chunk::data_end;
            return left_ == 0;
        case Chunk::data_end:
            return read_line_end(Chunk::size, "A chunk is longer than its size says.");
        case Chunk::trailer:
            break;
    }
    // Trailers are of no use here, but of much use to request smuggling.
    if (read_line_end(Chunk::size, "No trailers are taken behind the last chunk."))
        stage_ = Stage::complete;
    return false;
}

bool RequestReader::read_chunk_size() {
    const auto end = rest().find(kLineEnd);
    if (std::min(end, rest().size()) > kLongestChunkLine) {
        refuse(FaultKind::malformed, "A line before a chunk is longer than 256 bytes.");
        return false;
    }
    if (end == std::string_view::npos) return false;
    const auto size = chunk_size(rest().substr(0, end));
    if (!size) {
        refuse(FaultKind::malformed,
               "A chunk has no size: expected hex digits and CR LF before it.");
        return false;
    }
    at_ += end + kLineEnd.size();
    left_ = *size;
    chunk_ = left_ == 0 ? Chunk::trailer : Chunk::data;
    if (left_ > max_body_ - body_.size()) refuse_too_large();
    return true;
}

bool RequestReader::read_line_end(Chunk then, const char* otherwise) {
    if (rest().size() < kLineEnd.size()) return false;
    if (rest().substr(0, kLineEnd.size()) != kLineEnd) {
        refuse(FaultKind::malformed, otherwise);
        return false;
    }
    at_ += kLineEnd.size();
    chunk_ = then;
    return true;
}

void RequestReader::refuse(FaultKind kind, std::string why) {
    stage_ = Stage::refused;
    fault_ = {kind, std::move(why)};
    std::string().swap(in_);
    std::string().swap(body_);
    at_ = 0;
}

void RequestReader::refuse_too_large() {
    refuse(FaultKind::too_large,
           "The body is longer than http.max_body, " + std::to_string(max_body_) + " bytes.");
}

}  // namespace herald::http
