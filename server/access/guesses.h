// server/access/guesses.h: wrong passwords, and how long whoever sent them has to wait.
//
//   failures   up to the free ones   one more   two more   three more
//   delay      none                  1 s        2 s        4 s  …  the longest
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/cells.h"
#include "base/id.h"
#include "base/time.h"
#include "sip/endpoint.h"

namespace herald::server {

/// Counts by source (an address, or an IPv6 site) and by account. Where an account has logged in
/// from before, it is counted on its own and waits a few seconds at most: nobody locks an owner
/// out. One for all shards, of fixed size; failures are forgotten by halves in ten minutes. Any
/// thread.
class Guesses {
public:
    /// `bytes` of memory, 8 for each source, account or login remembered.
    explicit Guesses(std::size_t bytes);

    struct Rules {
        std::uint32_t per_source = 20;  ///< wrong ones without any delay
        std::uint32_t per_account = 100;
        std::uint32_t longest = 60;  ///< seconds
    };
    struct Try {
        std::string_view account;  ///< or the name that was given, where there is no account
        sip::Endpoint source;
        bool is_shared = false;  ///< the source is a proxy of ours: many come from it
    };
    /// The seconds until the credentials of such a try may be looked at; 0: now.
    std::uint32_t wait(const Try& one, base::Instant now) const;
    void failed(const Try& one, const Rules& rules, base::Instant now);
    void succeeded(const Try& one, base::Instant now);
    std::size_t bytes() const noexcept { return failures_.bytes() + logins_.bytes(); }

private:
    enum class Kind : char { source = 's', account = 'a', both = 'b' };
    std::uint64_t key_of(Kind kind, const Try& one) const;
    std::uint32_t wait(std::uint64_t key, base::Instant now) const;
    void count(std::uint64_t key, std::uint32_t free, std::uint32_t longest, base::Instant now);

    base::HashKey key_ = base::random_key();
    base::Cells failures_;  ///< 36 bits of milliseconds: waits until; 12 of failures
    base::Cells logins_;    ///< milliseconds: when the account was last here
};

}  // namespace herald::server
