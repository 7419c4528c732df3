// sip/branch.h: the Via branch of our requests, which leads an answer to its transaction (RFC
// 3261 8.1.1.7).
//
//   z9hG4bK0001.0000002a.00000007.8c6f5d0e11a2b394
//          shard slot     gener.   64-bit MAC over the three, its key random per start
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

    /// Reads the form above without checking the MAC; nullopt for anything else.
    static std::optional<Branch> from(std::string_view text) noexcept;
};

class BranchKey {
public:
    BranchKey() : key_(base::random_key()) {}

    void append(std::string& out, const Branch& branch) const;
    /// Whether all of `text` is what append() wrote for `branch`; in constant time.
    bool is_ours(const Branch& branch, std::string_view text) const;

private:
    base::HashKey key_;
};

}  // namespace herald::sip
