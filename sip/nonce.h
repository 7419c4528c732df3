// sip/nonce.h: nonces that carry their own proof, and the memory of which counts were used with
// them (RFC 7616 5.4, 5.5).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/id.h"
#include "base/time.h"

namespace herald::sip {

/// Issues nonces and recognises them without keeping any: hex of 48 bits of time, 48 random bits
/// and a 64-bit MAC over both and the scope. The random part keeps two clients of the same
/// millisecond apart.
class NonceMint {
public:
    /// Nonces of another key or scope (the realm) are not recognised.
    NonceMint(const base::HashKey& key, std::string scope) : key_(key), scope_(std::move(scope)) {}

    std::string issue(base::WallTime now) const;
    /// When it was issued; nullopt where it is none of ours.
    std::optional<base::WallTime> issued(std::string_view nonce) const;

private:
    std::uint64_t seal(std::string_view time_and_salt) const;

    base::HashKey key_;
    std::string scope_;
};

/// Which nonce counts were used: per series the highest and the 64 below it. Bounded: the series
/// that began first is forgotten first, and no series of a nonce as old as a forgotten one can
/// begin again, so forgetting allows no replay.
class ReplayWindows {
public:
    explicit ReplayWindows(std::size_t most) : most_(most == 0 ? 1 : most) {}

    /// A series of counts: a keyed hash of the nonce and its user, and when the nonce was issued.
    struct Series {
        std::uint64_t key;
        base::WallTime issued;
    };
    /// True where `count` is new to `series`, and marks it used. Nonces issued before `expired` are
    /// no longer asked for.
    bool admit(const Series& series, std::uint32_t count, base::WallTime expired);
    std::size_t size() const noexcept { return windows_.size(); }

private:
    struct Window {
        base::WallTime issued;
        std::uint64_t used;  ///< bit i: highest - i
        std::uint32_t highest;
    };

    bool begin(const Series& series, std::uint32_t count, base::WallTime expired);
    static bool mark(Window& window, std::uint32_t count) noexcept;

    std::size_t most_;
    std::unordered_map<std::uint64_t, Window> windows_;
    std::deque<std::uint64_t> by_age_;
    std::optional<base::WallTime> youngest_forgotten_;
};

}  // namespace herald::sip
