// sip/branch.cpp: writing, reading and authenticating our Via branches.
#include "sip/branch.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace herald::sip {
namespace {

constexpr std::size_t kSize = 7 + 4 + 1 + 8 + 1 + 8 + 1 + 16;
using Text = std::array<char, kSize>;

char* put_hex(char* at, std::uint64_t value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
    return at + digits;
}

char* put_fields(char* at, const Branch& branch) {
    at = std::copy(kBranchCookie.begin(), kBranchCookie.end(), at);
    at = put_hex(at, branch.shard, 4);
    *at++ = '.';
    at = put_hex(at, branch.slot, 8);
    *at++ = '.';
    return put_hex(at, branch.generation, 8);
}

Text write(const Branch& branch, const base::HashKey& key) {
    Text text;
    char* at = put_fields(text.data(), branch);
    const auto size = static_cast<std::size_t>(at - text.data());
    *at++ = '.';
    put_hex(at, base::keyed_hash(key, {text.data(), size}), 16);
    return text;
}

std::optional<std::uint32_t> hex_at(std::string_view text, std::size_t at, std::size_t digits) {
    std::uint32_t value = 0;
    for (const char c : text.substr(at, digits)) {
        const int digit = base::hex_value(c);
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
}

}  // namespace

std::optional<Branch> Branch::from(std::string_view text) noexcept {
    if (text.size() != kSize || text.substr(0, 7) != kBranchCookie) return std::nullopt;
    if (text[11] != '.' || text[20] != '.' || text[29] != '.') return std::nullopt;
    const auto shard = hex_at(text, 7, 4);
    const auto slot = hex_at(text, 12, 8);
    const auto generation = hex_at(text, 21, 8);
    if (!shard || !slot || !generation) return std::nullopt;
    return Branch{static_cast<std::uint16_t>(*shard), *slot, *generation};
}

Branch Branch::named(std::uint16_t shard, std::uint64_t name) noexcept {
    return {shard, static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(name >> 32) & ~1U};
}

void BranchKey::append(std::string& out, const Branch& branch) const {
    const Text text = write(branch, key_of(branch));
    out.append(text.data(), text.size());
}

bool BranchKey::is_ours(const Branch& branch, std::string_view text) const {
    const Text ours = write(branch, key_of(branch));
    return base::equal_in_constant_time({ours.data(), ours.size()}, text);
}

}  // namespace herald::sip
