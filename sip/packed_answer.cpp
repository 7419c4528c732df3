// sip/packed_answer.cpp: status and presence bits in 3 bytes, then the parts in order, numbers as
// base-128 varints.
#include "sip/packed_answer.h"

#include <cassert>
#include <cstdint>
#include <optional>

namespace herald::sip {
namespace {

enum Part : std::uint32_t {
    kReason = 1U << 10,  // the ten bits below hold the status
    kToTag = 1U << 11,
    kExpires = 1U << 12,
    kMinExpires = 1U << 13,
    kRetryAfter = 1U << 14,
    kEntityTag = 1U << 15,
    kContact = 1U << 16,
    kRecordRoute = 1U << 17,
    kHeaders = 1U << 18,
    kContentType = 1U << 19,
    kBody = 1U << 20,
    kTagless = 1U << 21,
};
constexpr std::uint32_t kStatus = kReason - 1;

void put_number(std::string& out, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
    out += static_cast<char>(number);
}

void put_text(std::string& out, std::string_view text) {
    if (text.empty()) return;
    put_number(out, text.size());
    out += text;
}

void put_optional(std::string& out, const std::optional<std::uint32_t>& number) {
    if (number) put_number(out, *number);
}

class Unpacker {
public:
    explicit Unpacker(std::string_view bytes) : rest_(bytes) {
        assert(bytes.size() >= 3);
        for (int i = 2; i >= 0; --i) head_ = head_ << 8 | static_cast<unsigned char>(bytes[i]);
        rest_.remove_prefix(3);
    }

    int status() const { return static_cast<int>(head_ & kStatus); }
    bool has(Part part) const { return (head_ & part) != 0; }

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) break;
        }
        return value;
    }

    std::optional<std::uint32_t> optional(Part part) {
        if (!has(part)) return std::nullopt;
        return static_cast<std::uint32_t>(number());
    }

    std::string text(Part part) {
        if (!has(part)) return {};
        const std::size_t size = number();
        assert(size <= rest_.size());
        std::string value(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return value;
    }

private:
    std::uint32_t head_ = 0;
    std::string_view rest_;
};

std::uint32_t head_bits(const Answer& answer) {
    assert(answer.status >= 100 && answer.status < 700);
    auto head = static_cast<std::uint32_t>(answer.status);
    if (!answer.reason.empty()) head |= kReason;
    if (!answer.to_tag.empty()) head |= kToTag;
    if (answer.expires) head |= kExpires;
    if (answer.min_expires) head |= kMinExpires;
    if (answer.retry_after) head |= kRetryAfter;
    if (!answer.entity_tag.empty()) head |= kEntityTag;
    if (answer.is_tagless) head |= kTagless;
    if (answer.with_contact) head |= kContact;
    if (answer.with_record_route) head |= kRecordRoute;
    if (!answer.headers.empty()) head |= kHeaders;
    if (!answer.content_type.empty()) head |= kContentType;
    if (!answer.body.empty()) head |= kBody;
    return head;
}

}  // namespace

void pack(const Answer& answer, std::string& out) {
    const std::uint32_t head = head_bits(answer);
    for (int shift = 0; shift < 24; shift += 8) out += static_cast<char>(head >> shift);
    put_text(out, answer.reason);
    put_text(out, answer.to_tag);
    put_optional(out, answer.expires);
    put_optional(out, answer.min_expires);
    put_optional(out, answer.retry_after);
    put_text(out, answer.entity_tag);
    put_text(out, answer.headers);
    put_text(out, answer.content_type);
    put_text(out, answer.body);
}

Answer unpack(std::string_view bytes) {
    Unpacker from(bytes);
    Answer answer;
    answer.status = from.status();
    answer.reason = from.text(kReason);
    answer.to_tag = from.text(kToTag);
    answer.expires = from.optional(kExpires);
    answer.min_expires = from.optional(kMinExpires);
    answer.retry_after = from.optional(kRetryAfter);
    answer.entity_tag = from.text(kEntityTag);
    answer.is_tagless = from.has(kTagless);
    answer.with_contact = from.has(kContact);
    answer.with_record_route = from.has(kRecordRoute);
    answer.headers = from.text(kHeaders);
    answer.content_type = from.text(kContentType);
    answer.body = from.text(kBody);
    return answer;
}

}  // namespace herald::sip
