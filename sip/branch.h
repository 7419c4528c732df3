// sip/branch.h: the Via branch of our requests, which leads an answer to its transaction (RFC
// 3261 8.1.1.7).
//
//   z9hG4bK0001.0000002a.00000007.8c6f5d0e11a2b394
//          shard slot     gener.   64-bit MAC over the three, its key random per start
//
// A request that a crash may make be sent again has the same branch then, so that it is a
// retransmission to who got it before: its name stands for slot and generation, which is even as
// that of no transaction is, and the MAC is of a key that lasts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"

namespace herald::sip {

/// The magic cookie of RFC 3261.
inline constexpr std::string_view kBranchCookie = "z9hG4bK";

struct Branch {
    std::uint16_t shard = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;

    /// Of a request with this name, which is not 0.
    static Branch named(std::uint16_t shard, std::uint64_t name) noexcept;
    bool is_named() const noexcept { return (generation & 1) == 0; }
    /// What tells names apart.
    std::uint64_t name() const noexcept { return std::uint64_t{generation} << 32 | slot; }

    /// Reads the form above without checking the MAC; nullopt for anything else.
    static std::optional<Branch> from(std::string_view text) noexcept;
};

class BranchKey {
public:
    explicit BranchKey(const base::HashKey& lasting = base::random_key())
        : key_(base::random_key()), lasting_(lasting) {}

    void append(std::string& out, const Branch& branch) const;
    /// Whether all of `text` is what append() wrote for `branch`; in constant time.
    bool is_ours(const Branch& branch, std::string_view text) const;

private:
    const base::HashKey& key_of(const Branch& branch) const noexcept {
        return branch.is_named() ? lasting_ : key_;
    }

    base::HashKey key_, lasting_;
};

}  // namespace herald::sip
