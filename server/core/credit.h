// server/core/credit.h: how much may be sent by UDP to an address that somebody named, before
// anybody there has answered (docs/security.md: Who sends in another's name).
#pragma once

#include <cstddef>

#include "server/access/identity.h"
#include "sip/endpoint.h"

namespace herald::server {

/// Bytes, copies among them, that a request of `size` bytes allows to go where it says: eight times
/// its own with an account behind it, less than three times where nobody proved anything.
std::size_t credit_of(const Identity& who, std::size_t size) noexcept;
/// ... where no more is known of the request, as after a restart.
inline constexpr std::size_t kUsualCredit = 4000;

/// Of one registered contact, or one place elsewhere. Streams need none: who opens them is there.
class Credit {
public:
    explicit Credit(std::size_t bytes) : bytes_(bytes) {}

    /// Its request came anew. `source` is where it came from, if somebody is known to be there.
    void renew(std::size_t bytes, const sip::Endpoint& source) {
        bytes_ = bytes;
        source_ = source;
    }
    /// Somebody answered there.
    void prove(const sip::Flow& flow) { answered_ = flow.peer; }

    bool is_proven(const sip::Flow& flow) const noexcept;
    /// Whether a request of about `size` bytes may begin to go by `flow`.
    bool allows(const sip::Flow& flow, std::size_t size) const noexcept;
    /// `size` bytes are about to go by `flow`, for the first time or as a copy; false: they may
    /// not.
    bool spend(const sip::Flow& flow, std::size_t size) noexcept;

private:
    std::size_t bytes_;
    sip::Endpoint source_, answered_;
};

}  // namespace herald::server
