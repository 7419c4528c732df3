// sip/nonce.h: nonces that carry their own proof, and the memory of which counts were used with
// them (RFC 7616 5.4, 5.5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/id.h"
#include "base/time.h"
#include "sip/endpoint.h"

namespace herald::sip {

/// What a nonce says of itself.
struct Nonce {
    base::WallTime issued;
    std::uint32_t run = 0;      ///< whose it is: the run of the server that issued it
    std::uint32_t address = 0;  ///< 24 bits: of the address it was sent to
};

/// Issues nonces and recognises them without keeping any: hex of 48 bits of time, 32 bits of run,
/// 24 bits of the address, 24 random bits and a 64-bit MAC over all that and the scope. The random
/// part keeps two clients of the same millisecond apart.
class NonceMint {
public:
    /// Nonces of another key or scope (the realm) are not recognised. Those of another `run` are:
    /// they are ours, but what was used with them is forgotten.
    NonceMint(const base::HashKey& key, std::string scope, std::uint32_t run)
        : key_(key), scope_(std::move(scope)), run_(run) {}

    std::string issue(base::WallTime now, const Endpoint& to) const;
    /// Whether who knows it has read what was sent to this address, on whatever port.
    bool was_sent_to(const Nonce& nonce, const Endpoint& address) const;
    /// nullopt where it is none of ours.
    std::optional<Nonce> read(std::string_view nonce) const;
    std::uint32_t run() const noexcept { return run_; }

private:
    std::uint64_t seal(std::string_view bytes) const;
    std::uint32_t mark_of(Endpoint address) const;

    base::HashKey key_;
    std::string scope_;
    std::uint32_t run_;
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

/// The replay windows of all shards of a process: a request and its copy may reach any of them, but
/// a count is used once. In parts with a lock each, chosen by the series. A part is locked for the
/// time of one look-up, by who just proved to know a password, which takes some ten times as long:
/// two shards hardly ever meet there. Any thread.
class ReplayLedger {
public:
    /// Remembers `most` series, spread over the parts.
    explicit ReplayLedger(std::size_t most);

    /// As ReplayWindows::admit().
    bool admit(const ReplayWindows::Series& series, std::uint32_t count, base::WallTime expired);
    /// Bytes of one series, its share of tables included, about.
    static constexpr std::size_t kBytesEach = 80;

private:
    static constexpr std::size_t kParts = 64;
    struct alignas(64) Part {
        std::mutex mutex;
        std::optional<ReplayWindows> windows;
    };

    std::array<Part, kParts> parts_;
};

}  // namespace herald::sip
