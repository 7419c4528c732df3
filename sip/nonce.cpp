// sip/nonce.cpp: nonces that carry their own proof, and their replay windows.
#include "sip/nonce.h"

#include "base/text.h"

namespace herald::sip {
namespace {

constexpr std::size_t kTimeBytes = 6;
constexpr std::size_t kRunBytes = 4;
constexpr std::size_t kAddressBytes = 3;
constexpr std::size_t kSaltBytes = 3;
constexpr std::size_t kSealBytes = 8;
constexpr std::size_t kSealedBytes = kTimeBytes + kRunBytes + kAddressBytes + kSaltBytes;
constexpr std::uint32_t kWindow = 64;

void append_big_endian(std::string& out, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(number >> (8 * i));
}

std::uint64_t from_big_endian(std::string_view bytes) noexcept {
    std::uint64_t number = 0;
    for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

}  // namespace

std::uint64_t NonceMint::seal(std::string_view bytes) const {
    return base::keyed_hash(key_, std::string(bytes) + scope_);
}

/// Keyed: nobody looks for an address that shares his mark.
std::uint32_t NonceMint::mark_of(Endpoint address) const {
    address.set_port(0);
    return static_cast<std::uint32_t>(address.hash(key_[0])) & 0xFFFFFF;
}

bool NonceMint::was_sent_to(const Nonce& nonce, const Endpoint& address) const {
    return nonce.address == mark_of(address);
}

std::string NonceMint::issue(base::WallTime now, const Endpoint& to) const {
    std::string bytes;
    bytes.reserve(kSealedBytes + kSealBytes);
    append_big_endian(bytes, static_cast<std::uint64_t>(now.time_since_epoch().count()),
                      kTimeBytes);
    append_big_endian(bytes, run_, kRunBytes);
    append_big_endian(bytes, mark_of(to), kAddressBytes);
    append_big_endian(bytes, base::random_u64(), kSaltBytes);
    append_big_endian(bytes, seal(bytes), kSealBytes);
    return base::to_hex(bytes);
}

std::optional<Nonce> NonceMint::read(std::string_view nonce) const {
    if (nonce.size() != 2 * (kSealedBytes + kSealBytes)) return std::nullopt;
    const auto decoded = base::from_hex(nonce);
    if (!decoded) return std::nullopt;
    const std::string_view bytes = *decoded;
    std::string expected;
    append_big_endian(expected, seal(bytes.substr(0, kSealedBytes)), kSealBytes);
    if (!base::equal_in_constant_time(expected, bytes.substr(kSealedBytes))) return std::nullopt;
    const std::chrono::milliseconds issued(from_big_endian(bytes.substr(0, kTimeBytes)));
    const auto run = from_big_endian(bytes.substr(kTimeBytes, kRunBytes));
    const auto address = from_big_endian(bytes.substr(kTimeBytes + kRunBytes, kAddressBytes));
    return Nonce{base::WallTime(issued), static_cast<std::uint32_t>(run),
                 static_cast<std::uint32_t>(address)};
}

bool ReplayWindows::admit(const Series& series, std::uint32_t count, base::WallTime expired) {
    const auto found = windows_.find(series.key);
    if (found != windows_.end()) return mark(found->second, count);
    return begin(series, count, expired);
}

bool ReplayWindows::begin(const Series& series, std::uint32_t count, base::WallTime expired) {
    if (youngest_forgotten_ && series.issued <= *youngest_forgotten_) return false;
    while (!by_age_.empty()) {
        const auto oldest = windows_.find(by_age_.front());
        const base::WallTime issued = oldest->second.issued;
        if (issued >= expired && windows_.size() < most_) break;
        if (!youngest_forgotten_ || issued > *youngest_forgotten_) youngest_forgotten_ = issued;
        windows_.erase(oldest);
        by_age_.pop_front();
    }
    // What was just forgotten may be younger than this one.
    if (youngest_forgotten_ && series.issued <= *youngest_forgotten_) return false;
    windows_.emplace(series.key, Window{series.issued, 1, count});
    by_age_.push_back(series.key);
    return true;
}

bool ReplayWindows::mark(Window& window, std::uint32_t count) noexcept {
    if (count > window.highest) {
        const std::uint32_t step = count - window.highest;
        window.used = step < kWindow ? window.used << step | 1 : 1;
        window.highest = count;
        return true;
    }
    const std::uint32_t below = window.highest - count;
    if (below >= kWindow) return false;
    const std::uint64_t bit = std::uint64_t{1} << below;
    if (window.used & bit) return false;
    window.used |= bit;
    return true;
}

ReplayLedger::ReplayLedger(std::size_t most) {
    for (Part& part : parts_) part.windows.emplace((most + kParts - 1) / kParts);
}

bool ReplayLedger::admit(const ReplayWindows::Series& series, std::uint32_t count,
                         base::WallTime expired) {
    Part& part = parts_[series.key % kParts];
    const std::lock_guard lock(part.mutex);
    return part.windows->admit(series, count, expired);
}

}  // namespace herald::sip
